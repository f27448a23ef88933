using Edge.Kernels.Dispatch;
using Edge.Kernels.Normalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>x / (bias + alpha / size * sum of squares over <see cref="Size"/> neighbouring channels)^beta for x (N,C,...).</summary>
public sealed record LocalResponseNorm : Operator
{
    public const string Name = "LocalResponseNorm";

    /// <summary>Width of the window; at least 1.</summary>
    public required int Size { get; init; }

    public float Alpha { get; init; } = 1e-4f;

    public float Beta { get; init; } = 0.75f;

    public float Bias { get; init; } = 1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new LocalResponseNorm
    {
        Size = reader.Int("size", 1, 1),
        Alpha = reader.Float("alpha", 1e-4f),
        Beta = reader.Float("beta", 0.75f),
        Bias = reader.Float("bias", 1),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("size", Size, 1);
        writer.Float("alpha", Alpha, 1e-4f);
        writer.Float("beta", Beta, 0.75f);
        writer.Float("bias", Bias, 1);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 30 + (2 * Size));

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.Inputs.Shape(0);
        var problem = new LocalResponseNormProblem(
            request.Inputs.Type(0), shape[0], shape[1], shape.CountRange(2, shape.Rank), Size, Alpha, Beta, Bias, request.Inputs[0].Layout);
        return LocalResponseNormKernels.Table.Prepare(problem, request.Query);
    }

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    public override void Differentiate(GradientContext context) => context.Give(0, context.Add(
        new LocalResponseNormGradient { Size = Size, Alpha = Alpha, Beta = Beta, Bias = Bias }, context.Gradient, context.Input(0)));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        TypeRules.RequireFloat(inputs);
        return inputs.Shape(0).Rank >= 2
            ? [new TensorInfo(inputs.Type(0), inputs.Shape(0))]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the input has shape {inputs.Shape(0)}, expected (N,C,...)");
    }
}
