using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>
/// Gradient of local response normalization, planar. Inputs: dy, x; output: dx. With s = bias + alpha / size * (sum of x^2 over
/// the window) of each channel: dx[c] = dy[c] * s[c]^-beta - 2 alpha beta / size * x[c] * (sum over the channels j in whose window c lies of
/// dy[j] * x[j] * s[j]^(-beta - 1)).
/// </summary>
public static class LocalResponseNormGradientKernels
{
    public static readonly KernelTable<LocalResponseNormProblem> Table = new(
        "lrngradient",
        new KernelRow<LocalResponseNormProblem>("lrngradient_f32_avx2", CpuFeatures.Avx2, p => FitsLanes<F32x8>(p), Create<F32x8>),
        new KernelRow<LocalResponseNormProblem>("lrngradient_f32_v128", CpuFeatures.Simd128, p => FitsLanes<F32x4>(p), Create<F32x4>),
        new KernelRow<LocalResponseNormProblem>("lrngradient_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new LocalResponseNormGradientReference<float>(p)),
        new KernelRow<LocalResponseNormProblem>("lrngradient_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new LocalResponseNormGradientReference<double>(p)));

    private static bool FitsLanes<T>(LocalResponseNormProblem problem) where T : struct, ILanes<T> =>
        problem.Type == DataType.F32 && problem.Spatial >= T.Count && problem.Batch * problem.Spatial <= int.MaxValue;

    private static Kernel Create<T>(LocalResponseNormProblem problem) where T : struct, ILanes<T> =>
        problem.Beta == 0.75f ? new LocalResponseNormGradientLanes<T, ThreeQuarterPower>(problem) : new LocalResponseNormGradientLanes<T, AnyPower>(problem);
}

/// <summary>The naive row, one position after the other in double precision.</summary>
internal sealed unsafe class LocalResponseNormGradientReference<T>(LocalResponseNormProblem problem) : Kernel
    where T : unmanaged, INumber<T>
{
    private readonly double[] _powers = new double[problem.Channels];
    private readonly double[] _terms = new double[problem.Channels];

    public override void Run(in KernelContext context)
    {
        for (long i = 0; i < problem.Batch * problem.Spatial; i++)
        {
            long start = (i / problem.Spatial * problem.Channels * problem.Spatial) + (i % problem.Spatial);
            Differentiate((T*)context.Input(0) + start, (T*)context.Input(1) + start, (T*)context.Output(0) + start);
        }
    }

    private void Differentiate(T* dy, T* x, T* dx)
    {
        double alpha = problem.Alpha / (double)problem.Size;
        for (int c = 0; c < problem.Channels; c++)
        {
            double sum = 0;
            for (int j = problem.First(c); j < problem.End(c); j++)
            {
                double value = At(x, j);
                sum += value * value;
            }
            double s = problem.Bias + (alpha * sum);
            _powers[c] = Math.Pow(s, -problem.Beta);
            _terms[c] = At(dy, c) * At(x, c) * Math.Pow(s, -problem.Beta - 1.0);
        }
        for (int c = 0; c < problem.Channels; c++)
        {
            double sum = 0;
            // The window of j reaches from j - (size - 1) / 2 to j + size / 2.
            for (long j = Math.Max(0, (long)c - (problem.Size / 2)); j <= Math.Min(problem.Channels - 1L, (long)c + ((problem.Size - 1) / 2)); j++)
            {
                sum += _terms[j];
            }
            dx[c * problem.Spatial] = T.CreateTruncating((At(dy, c) * _powers[c]) - (2 * alpha * problem.Beta * At(x, c) * sum));
        }
    }

    private double At(T* values, int channel) => double.CreateTruncating(values[channel * problem.Spatial]);
}
