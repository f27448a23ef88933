using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// The K largest or least elements along an axis, best first (output 0), and their positions (output 1, s64). Input 1 is K,
/// one integer; where it is not constant the output shapes are a matter of the run.
/// </summary>
public sealed record TopK : Operator
{
    public const string Name = "TopK";

    /// <summary>In [0, rank).</summary>
    public required int Axis { get; init; }

    /// <summary>The least elements instead of the largest.</summary>
    public bool Least { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new TopK { Axis = reader.Int("axis", 0, 0), Least = reader.Flag("least") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Flag("least", Least);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) => TopKKernels.Table.Prepare(
        new TopKProblem(request.Inputs.Type(0), request.Inputs.Shape(0), Axis, request.OutputShape()[Axis], Least), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        Shape shape = inputs.Shape(0);
        AxisRules.Require(Axis, shape);
        if (inputs.Type(0) == DataType.Bool || !inputs.Type(1).IsInteger() || inputs.Shape(1).Count != 1)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"the inputs are {inputs[0]} and {inputs[1]}, expected numbers and one integer");
        }
        Shape? output = null;
        if (inputs.Constant(1) is { } constant)
        {
            long k = constant.ToInt64()[0];
            output = k >= 0 && k <= shape[Axis]
                ? shape.With(Axis, (int)k)
                : throw new EdgeException(EdgeError.BadValue, $"K is {k}, but axis {Axis} of {shape} has {shape[Axis]} elements", "K must lie between 0 and the length of the axis");
        }
        return [new TensorInfo(inputs.Type(0), output), new TensorInfo(DataType.S64, output)];
    }
}
