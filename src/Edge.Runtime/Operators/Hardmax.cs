using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>1 at the first largest element along an axis, or of all axes from it on, 0 elsewhere.</summary>
public sealed record Hardmax : Operator
{
    public const string Name = "Hardmax";

    /// <summary>In [0, rank); rank itself where flattened.</summary>
    public required int Axis { get; init; }

    /// <summary>Whether <see cref="Axis"/> and all axes behind it count as one (ONNX before operator set 13).</summary>
    public bool Flatten { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Hardmax { Axis = reader.Int("axis", 0, 0), Flatten = reader.Flag("flatten") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Flag("flatten", Flatten);
    }

    public override bool CanRunInPlace(int index) => true;

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        HardmaxKernels.Table.Prepare(AxisRules.Problem(request, Axis, Flatten), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        TypeRules.RequireFloat(inputs);
        AxisRules.RequireFlat(Axis, inputs.Shape(0), Flatten);
        return [new TensorInfo(inputs.Type(0), inputs.Shape(0))];
    }
}
