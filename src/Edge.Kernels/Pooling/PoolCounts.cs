using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>How many taps of a window count for its average: along each axis a number per output; a window has their product.</summary>
internal static class PoolCounts
{
    /// <summary>Taps of each output along an axis (0 = D, 1 = H, 2 = W) that fall on the input, or on declared padding where that counts.</summary>
    public static int[] Along(PoolProblem problem, int axis)
    {
        Window window = problem.Window;
        int[] counts = new int[problem.Output[axis]];
        long least = problem.CountIncludePad ? -window.PadBegin[axis] : 0;
        long end = problem.Input[axis] + (problem.CountIncludePad ? (long)window.PadEnd[axis] : 0);
        for (int o = 0; o < counts.Length; o++)
        {
            for (int k = 0; k < window.Kernel[axis]; k++)
            {
                long at = ((long)o * window.Stride[axis]) + ((long)k * window.Dilation[axis]) - window.PadBegin[axis];
                counts[o] += at >= least && at < end ? 1 : 0;
            }
        }
        return counts;
    }
}
