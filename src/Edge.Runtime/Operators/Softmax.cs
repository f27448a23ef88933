using Edge.Kernels.Dispatch;
using Edge.Kernels.Normalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>exp(x) / sum(exp(x)) along an axis, or the logarithm of that. The kind is Softmax or LogSoftmax.</summary>
public sealed record Softmax : Operator
{
    public const string Name = "Softmax";
    public const string LogarithmName = "LogSoftmax";

    /// <summary>In [0, rank); rank itself where flattened.</summary>
    public required int Axis { get; init; }

    /// <summary>Whether <see cref="Axis"/> and all axes behind it count as one (ONNX before operator set 13).</summary>
    public bool Flatten { get; init; }

    /// <summary>Whether the result is the logarithm.</summary>
    public bool Logarithm { get; init; }

    public override string Kind => Logarithm ? LogarithmName : Name;

    public static Operator Read(AttributeReader reader) => Read(reader, logarithm: false);

    public static Operator ReadLogarithm(AttributeReader reader) => Read(reader, logarithm: true);

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Flag("flatten", Flatten);
    }

    public override bool CanRunInPlace(int index) => true;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 12);

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        SoftmaxKernels.Table.Prepare(new SoftmaxProblem(AxisRules.Problem(request, Axis, Flatten), Logarithm), request.Query);

    /// <summary>y * (dy - sum(y * dy)); for the logarithm dy - exp(y) * sum(dy).</summary>
    public override void Differentiate(GradientContext context)
    {
        int rank = context.OutputShape().Rank;
        var sum = new Reduce("Sum") { Axes = Flatten ? [.. Enumerable.Range(Axis, rank - Axis)] : [Axis], KeepDims = true };
        Value dy = context.Gradient;
        if (Logarithm)
        {
            Value spread = context.Multiply(context.Add(new Unary("Exp"), context.Output()), context.Add(sum, dy));
            context.Give(0, context.Add(new Binary("Sub"), dy, spread));
            return;
        }
        Value mean = context.Add(sum, context.Multiply(context.Output(), dy));
        context.Give(0, context.Multiply(context.Output(), context.Add(new Binary("Sub"), dy, mean)));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        TypeRules.RequireFloat(inputs);
        AxisRules.RequireFlat(Axis, inputs.Shape(0), Flatten);
        return [new TensorInfo(inputs.Type(0), inputs.Shape(0))];
    }

    private static Softmax Read(AttributeReader reader, bool logarithm) => new()
    {
        Axis = reader.Int("axis", 0, 0),
        Flatten = reader.Flag("flatten"),
        Logarithm = logarithm,
    };
}
