using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Any function of one 8-bit integer (s8): y = table[x + 128]. Inputs: X, table (s8, [256]). Activations, and changes of scale.
/// </summary>
public sealed record QuantTable : Operator
{
    public const string Name = "QuantTable";

    public required QuantResult Result { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantTable { Result = QuantResult.Read(reader) };

    public override void WriteAttributes(AttributeWriter writer) => Result.Write(writer);

    public override bool CanRunInPlace(int index) => index == 0;

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        QuantTableKernels.Table.Prepare(new QuantTableProblem(request.OutputShape().Count), request.Query);

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        QuantRules.RequireType(inputs, 0, DataType.S8);
        QuantRules.RequireType(inputs, 1, DataType.S8);
        if (inputs.Shape(1) != new Shape(256))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the table has shape {inputs.Shape(1)}, expected [256]");
        }
        // Bounds are believed where the entries show them.
        sbyte[] entries = inputs.Constant(1)?.ToArray<sbyte>() ?? [];
        bool known = entries.Length > 0;
        return [(Result with { Low = known ? entries.Min() : sbyte.MinValue, High = known ? entries.Max() : sbyte.MaxValue }).Info(inputs.Shape(0))];
    }
}
