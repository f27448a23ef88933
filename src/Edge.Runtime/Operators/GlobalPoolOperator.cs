using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Pools all spatial axes of X [N,C,spatial...] to one element per channel; the result is [N,C,1,...].</summary>
public abstract record GlobalPoolOperator : Operator
{
    public override Cost EstimateCost(in KernelRequest request) => new(request.Inputs.Shape(0).Count / 2, Cost.TotalBytes(request));

    /// <summary>Any layout is read where it lies; one element per channel is too little to be worth blocks.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request) => new([request.Inputs[0].Layout], Layout.Planar);

    protected static GlobalPoolProblem Problem(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        return new GlobalPoolProblem(request.Inputs.Type(0), x[0], x[1], x.CountRange(2, x.Rank), Layout: request.Inputs[0].Layout);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape x = inputs.Shape(0);
        if (x.Rank < 3)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the input has shape {x}, expected batch, channels and at least one spatial axis", "reshape the input");
        }
        int[] dims = x.ToArray();
        dims.AsSpan(2).Fill(1);
        return [inputs[0] with { Shape = new Shape(dims) }];
    }
}
