using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Input 1 where input 0 (bool) is true, else input 2, with NumPy broadcasting.</summary>
public sealed record Where : Operator
{
    public const string Name = "Where";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Where();

    // An operand of the output's size and type has the output's layout: each element is read before it is written.
    public override bool CanRunInPlace(int index) => index > 0;

    public override PreparedKernel CreateKernel(in KernelRequest request) => WhereKernels.Table.Prepare(
        new WhereProblem(request.Inputs.Type(1).Size(), request.Inputs.Shape(0), request.Inputs.Shape(1), request.Inputs.Shape(2)), request.Query);

    /// <summary>Each operand gets the gradient where it was chosen.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (context.Wants(1))
        {
            context.Give(1, context.SumTo(context.Keep(context.Input(0), context.Gradient), context.InputShape(1)));
        }
        if (context.Wants(2))
        {
            context.Give(2, context.SumTo(context.Add(new Where(), context.Input(0), context.Scalar(0), context.Gradient), context.InputShape(2)));
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        if (inputs.Type(0) != DataType.Bool || inputs.Type(1) != inputs.Type(2))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"the inputs are {inputs.Type(0).Name()}, {inputs.Type(1).Name()} and {inputs.Type(2).Name()}, expected bool and twice one type");
        }
        Shape shape = Broadcast.TryCombine(inputs.Shape(1), inputs.Shape(2)) is { } values && Broadcast.TryCombine(inputs.Shape(0), values) is { } all
            ? all
            : throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"the shapes {inputs.Shape(0)}, {inputs.Shape(1)} and {inputs.Shape(2)} do not broadcast",
                "aligned at the last axis, dimensions must be equal or 1");
        return [new TensorInfo(inputs.Type(1), shape)];
    }
}
