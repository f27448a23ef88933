using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>Walks all products of a convolution: one of an input element, a weight and an output element.</summary>
internal abstract unsafe class ConvGradientReference(ConvGradientProblem problem) : Kernel
{
    protected ConvGradientProblem Problem => problem;

    /// <summary>Calls <see cref="Meet"/> with the indices of every product.</summary>
    protected void Walk(void* first, void* second, double[] sums)
    {
        Extent output = problem.Output;
        Window window = problem.Window;
        for (int n = 0; n < problem.Batch; n++)
        {
            for (int m = 0; m < problem.OutChannels; m++)
            {
                long plane = (((long)n * problem.OutChannels) + m) * output.Count;
                for (long o = 0; o < output.Count; o++)
                {
                    var at = new Extent((int)(o / output.W / output.H), (int)(o / output.W % output.H), (int)(o % output.W));
                    for (long t = 0; t < problem.Taps; t++)
                    {
                        long k = t % window.Kernel.Count;
                        var tap = new Extent((int)(k / window.Kernel.W / window.Kernel.H), (int)(k / window.Kernel.W % window.Kernel.H), (int)(k % window.Kernel.W));
                        long channel = (m / problem.GroupOutChannels * (long)problem.GroupInChannels) + (t / window.Kernel.Count);
                        if (Position(at, tap) is { } position)
                        {
                            long x = (((n * (long)problem.InChannels) + channel) * problem.Input.Count) + position;
                            Meet(first, second, sums, x, (m * problem.Taps) + t, plane + o);
                        }
                    }
                }
            }
        }
    }

    protected abstract void Meet(void* first, void* second, double[] sums, long x, long w, long y);

    private long? Position(Extent output, Extent tap)
    {
        long position = 0;
        for (int axis = 0; axis < Extent.MaxRank; axis++)
        {
            long at = ((long)output[axis] * problem.Window.Stride[axis]) + ((long)tap[axis] * problem.Window.Dilation[axis]) - problem.Window.PadBegin[axis];
            if (at < 0 || at >= problem.Input[axis])
            {
                return null;
            }
            position = (position * problem.Input[axis]) + at;
        }
        return position;
    }
}

/// <summary>The naive row of the gradient by the input, summed in double.</summary>
internal sealed unsafe class ConvInputGradientReference<T>(ConvGradientProblem problem) : ConvGradientReference(problem)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly double[] _sums = new double[problem.Batch * problem.InChannels * problem.Input.Count];

    public override void Run(in KernelContext context)
    {
        Array.Clear(_sums);
        Walk(context.Input(0), context.Input(1), _sums);
        var target = (T*)context.Output(0);
        for (int i = 0; i < _sums.Length; i++)
        {
            target[i] = T.CreateTruncating(_sums[i]);
        }
    }

    protected override void Meet(void* first, void* second, double[] sums, long x, long w, long y) =>
        sums[x] += double.CreateTruncating(((T*)first)[y]) * double.CreateTruncating(((T*)second)[w]);
}

/// <summary>The naive row of the gradient by the weights, summed in double.</summary>
internal sealed unsafe class ConvWeightGradientReference<T>(ConvGradientProblem problem) : ConvGradientReference(problem)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly double[] _sums = new double[problem.OutChannels * problem.Taps];

    public override void Run(in KernelContext context)
    {
        Array.Clear(_sums);
        Walk(context.Input(0), context.Input(1), _sums);
        var target = (T*)context.Output(0);
        for (int i = 0; i < _sums.Length; i++)
        {
            target[i] = T.CreateTruncating(_sums[i]);
        }
    }

    protected override void Meet(void* first, void* second, double[] sums, long x, long w, long y) =>
        sums[w] += double.CreateTruncating(((T*)first)[x]) * double.CreateTruncating(((T*)second)[y]);
}
