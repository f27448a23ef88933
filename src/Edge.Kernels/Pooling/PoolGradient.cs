using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>
/// Gradient of the maximum over windows. Inputs: x, dy; output: dx. Each dy goes to the first largest element of its window;
/// NaN is never the largest. Planar, float32 or float64.
/// </summary>
public static class MaxPoolGradientKernels
{
    public static readonly KernelTable<PoolProblem> Table = new(
        "maxpoolgradient",
        new("maxpoolgradient_f32_avx2_rows", CpuFeatures.Avx2, PoolGradientRules.FitsRows, p => new MaxPoolGradientRows<F32x8>(p)),
        new("maxpoolgradient_f32_v128_rows", CpuFeatures.Simd128, PoolGradientRules.FitsRows, p => new MaxPoolGradientRows<F32x4>(p)),
        new("maxpoolgradient_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new MaxPoolGradientReference<float>(p)),
        new("maxpoolgradient_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new MaxPoolGradientReference<double>(p)));
}

/// <summary>
/// The adjoint of summing over windows: dx[i] is the sum of g[o] over all windows o that read i. Input: g; output: dx. With
/// <paramref name="IsAverage"/> each g[o] is divided by the number of elements that its window averages.
/// </summary>
/// <param name="Pool">The pooling; planar.</param>
public sealed record PoolSpreadProblem(PoolProblem Pool, bool IsAverage);

/// <summary>Gradient of averages and norms over windows.</summary>
public static class PoolSpreadKernels
{
    public static readonly KernelTable<PoolSpreadProblem> Table = new(
        "poolspread",
        new("poolspread_f32_avx2_rows", CpuFeatures.Avx2, p => PoolGradientRules.FitsRows(p.Pool), p => new PoolSpreadRows<F32x8>(p)),
        new("poolspread_f32_v128_rows", CpuFeatures.Simd128, p => PoolGradientRules.FitsRows(p.Pool), p => new PoolSpreadRows<F32x4>(p)),
        new("poolspread_f32_ref", CpuFeatures.None, p => p.Pool.Type == DataType.F32, p => new PoolSpreadReference<float>(p)),
        new("poolspread_f64_ref", CpuFeatures.None, p => p.Pool.Type == DataType.F64, p => new PoolSpreadReference<double>(p)));
}

internal static class PoolGradientRules
{
    public static bool FitsRows(PoolProblem problem) =>
        problem.Type == DataType.F32 && problem.Planes is > 0 and <= int.MaxValue && problem.Input.Count is > 0 and <= int.MaxValue / 16
        && problem.Output.Count is > 0 and <= int.MaxValue / 16 && problem.Window.Kernel.Count <= 1 << 16;

    /// <summary>Positions in the input plane that window <paramref name="output"/> reads, in order of the taps; -1 for padding.</summary>
    public static IEnumerable<long> Positions(PoolProblem problem, long output)
    {
        Window window = problem.Window;
        var at = new Extent((int)(output / problem.Output.W / problem.Output.H), (int)(output / problem.Output.W % problem.Output.H), (int)(output % problem.Output.W));
        for (int k = 0; k < window.Kernel.Count; k++)
        {
            var tap = new Extent(k / window.Kernel.W / window.Kernel.H, k / window.Kernel.W % window.Kernel.H, k % window.Kernel.W);
            long position = 0;
            for (int axis = 0; axis < Extent.MaxRank; axis++)
            {
                long i = ((long)at[axis] * window.Stride[axis]) + ((long)tap[axis] * window.Dilation[axis]) - window.PadBegin[axis];
                position = position < 0 || i < 0 || i >= problem.Input[axis] ? -1 : (position * problem.Input[axis]) + i;
            }
            yield return position;
        }
    }
}

/// <summary>The naive row of the maximum.</summary>
internal sealed unsafe class MaxPoolGradientReference<T>(PoolProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override void Run(in KernelContext context)
    {
        var x = (T*)context.Input(0);
        var dy = (T*)context.Input(1);
        var dx = (T*)context.Output(0);
        for (long i = 0; i < problem.Planes * problem.Input.Count; i++)
        {
            dx[i] = T.Zero;
        }
        for (long plane = 0; plane < problem.Planes; plane++, x += problem.Input.Count, dx += problem.Input.Count)
        {
            for (long o = 0; o < problem.Output.Count; o++, dy++)
            {
                long largest = -1;
                foreach (long position in PoolGradientRules.Positions(problem, o))
                {
                    largest = position >= 0 && (largest < 0 || x[position] > x[largest]) ? position : largest;
                }
                if (largest >= 0)
                {
                    dx[largest] += *dy;
                }
            }
        }
    }
}

/// <summary>The naive row of sums.</summary>
internal sealed unsafe class PoolSpreadReference<T>(PoolSpreadProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int[][] _counts = [.. Enumerable.Range(0, Extent.MaxRank).Select(axis => PoolCounts.Along(problem.Pool, axis))];

    public override void Run(in KernelContext context)
    {
        PoolProblem pool = problem.Pool;
        var g = (T*)context.Input(0);
        var dx = (T*)context.Output(0);
        for (long i = 0; i < pool.Planes * pool.Input.Count; i++)
        {
            dx[i] = T.Zero;
        }
        for (long plane = 0; plane < pool.Planes; plane++, dx += pool.Input.Count)
        {
            for (long o = 0; o < pool.Output.Count; o++, g++)
            {
                T value = problem.IsAverage ? *g / T.CreateTruncating(Count(o)) : *g;
                foreach (long position in PoolGradientRules.Positions(pool, o))
                {
                    if (position >= 0)
                    {
                        dx[position] += value;
                    }
                }
            }
        }
    }

    private long Count(long output)
    {
        Extent size = problem.Pool.Output;
        return Math.Max(1, (long)_counts[0][output / size.W / size.H] * _counts[1][output / size.W % size.H] * _counts[2][output % size.W]);
    }
}
