using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>
/// Gradients of batch normalization, planar. Inputs: dy, x, scale, mean, variance; outputs: dx, dscale, dbias. With u = (x -
/// mean) / sqrt(variance + epsilon) and n elements per channel: dbias = sum dy, dscale = sum dy * u, and
/// dx = scale / sqrt(variance + epsilon) * dy for given statistics, or, in training, where mean and variance are those of x,
/// scale / sqrt(variance + epsilon) * (dy - dbias / n - u * dscale / n) (Ioffe and Szegedy, "Batch Normalization", 2015, section 3).
/// </summary>
public static class BatchNormGradientKernels
{
    public static readonly KernelTable<BatchNormProblem> Table = new(
        "batchnormgradient",
        new("batchnormgradient_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, Fits, p => new BatchNormGradientRows<F32x8>(p)),
        new("batchnormgradient_f32_v128_rows", CpuFeatures.Simd128, Fits, p => new BatchNormGradientRows<F32x4>(p)),
        new("batchnormgradient_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new BatchNormGradientReference<float>(p)),
        new("batchnormgradient_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new BatchNormGradientReference<double>(p)));

    private static bool Fits(BatchNormProblem problem) => problem.Type == DataType.F32 && BatchNormTrainingRows.HasGoodShape(problem);
}

/// <summary>The naive row, in double precision.</summary>
internal sealed unsafe class BatchNormGradientReference<T>(BatchNormProblem problem) : Kernel
    where T : unmanaged, INumber<T>
{
    private readonly long _count = problem.Batch * problem.Spatial;

    public override void Run(in KernelContext context)
    {
        for (int channel = 0; channel < problem.Channels; channel++)
        {
            (double mean, double variance) = problem.Training ? Measure((T*)context.Input(1), channel) : (At(context.Input(3), channel), At(context.Input(4), channel));
            double inverse = 1 / Math.Sqrt(variance + problem.Epsilon);
            double bias = 0;
            double scale = 0;
            for (long i = 0; i < _count; i++)
            {
                double dy = At(context.Input(0), Place(i, channel));
                bias += dy;
                scale += dy * (At(context.Input(1), Place(i, channel)) - mean) * inverse;
            }
            ((T*)context.Output(1))[channel] = T.CreateTruncating(scale);
            ((T*)context.Output(2))[channel] = T.CreateTruncating(bias);
            double factor = At(context.Input(2), channel) * inverse;
            for (long i = 0; i < _count; i++)
            {
                double dy = At(context.Input(0), Place(i, channel));
                double u = (At(context.Input(1), Place(i, channel)) - mean) * inverse;
                double dx = problem.Training ? dy - (bias / _count) - (u * scale / _count) : dy;
                ((T*)context.Output(0))[Place(i, channel)] = T.CreateTruncating(factor * dx);
            }
        }
    }

    private static double At(byte* values, long index) => double.CreateTruncating(((T*)values)[index]);

    private (double Mean, double Variance) Measure(T* x, int channel)
    {
        double sum = 0;
        for (long i = 0; i < _count; i++)
        {
            sum += double.CreateTruncating(x[Place(i, channel)]);
        }
        double mean = sum / _count;
        double squares = 0;
        for (long i = 0; i < _count; i++)
        {
            double difference = double.CreateTruncating(x[Place(i, channel)]) - mean;
            squares += difference * difference;
        }
        return (mean, squares / _count);
    }

    private long Place(long index, int channel) =>
        (((index / problem.Spatial * problem.Channels) + channel) * problem.Spatial) + (index % problem.Spatial);
}
