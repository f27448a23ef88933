using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Gradient of a <see cref="Unary"/> function f. Inputs: the gradient of f(x), and x or f(x), as the function's slope needs; output: the gradient of x.</summary>
public sealed record UnaryGradient(UnaryFunction Function) : Operator
{
    /// <summary>First parameter of the function.</summary>
    public float Alpha { get; init; } = Function.DefaultAlpha;

    /// <summary>Second parameter of the function.</summary>
    public float Beta { get; init; } = Function.DefaultBeta;

    public override string Kind => $"{Function.Name}Gradient";

    /// <summary>How a file names the gradient of this function, which has one.</summary>
    public static OperatorEntry Entry(UnaryFunction function) => new($"{function.Name}Gradient", reader => new UnaryGradient(function)
    {
        Alpha = reader.Float("alpha", function.DefaultAlpha),
        Beta = reader.Float("beta", function.DefaultBeta),
    });

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Float("alpha", Alpha, Function.DefaultAlpha);
        writer.Float("beta", Beta, Function.DefaultBeta);
    }

    public override bool CanRunInPlace(int index) => true;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2);

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        Function.GradientTable!.Prepare(new UnaryProblem(request.Inputs.Type(0), request.Inputs.Shape(0).Count, Alpha, Beta), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        TypeRules.RequireFloat(inputs);
        TypeRules.RequireSameType(inputs, 1);
        return inputs.Shape(0) == inputs.Shape(1)
            ? [new TensorInfo(inputs.Type(0), inputs.Shape(0))]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the inputs have shapes {inputs.Shape(0)} and {inputs.Shape(1)}, both must be the same");
    }
}
