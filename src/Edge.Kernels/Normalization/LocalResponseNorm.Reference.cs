using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>The naive row: one element after the other, in double precision.</summary>
internal sealed unsafe class LocalResponseNormReference<TElement>(LocalResponseNormProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        for (long i = 0; i < problem.Batch * problem.Channels * problem.Spatial; i++)
        {
            var channel = (int)(i / problem.Spatial % problem.Channels);
            double sum = 0;
            for (int c = problem.First(channel); c < problem.End(channel); c++)
            {
                double x = double.CreateTruncating(source[Place(i, c)]);
                sum += x * x;
            }
            double divisor = Math.Pow(problem.Bias + (problem.Alpha / (double)problem.Size * sum), problem.Beta);
            target[Place(i, channel)] = TElement.CreateTruncating(double.CreateTruncating(source[Place(i, channel)]) / divisor);
        }
    }

    /// <summary>Where channel <paramref name="channel"/> at the image and position of element <paramref name="index"/> lies.</summary>
    private long Place(long index, int channel) =>
        (index / problem.Spatial / problem.Channels * problem.Layout.ImageElements(problem.Channels, problem.Spatial))
        + problem.Layout.Offset(channel, index % problem.Spatial, problem.Spatial);
}
