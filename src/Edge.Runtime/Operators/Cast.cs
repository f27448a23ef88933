using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Converts the element type; the rules are those of <see cref="CastKernels"/>.</summary>
public sealed record Cast(DataType To) : Operator
{
    public const string Name = "Cast";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Cast(reader.Enum("to", DataType.Unknown));

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("to", (long)To, (long)DataType.Unknown);

    public override bool CanRunInPlace(int index) => true;

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        CastKernels.Table.Prepare(new CastProblem(request.Inputs.Type(0), To, request.Inputs.Shape(0).Count), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        return To == DataType.Unknown
            ? throw new EdgeException(EdgeError.MissingAttribute, "the attribute to is missing")
            : [new TensorInfo(To, inputs.Shape(0))];
    }
}
