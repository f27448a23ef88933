using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>The naive row: two passes over the data.</summary>
internal sealed unsafe class DynamicQuantizeReference(DynamicQuantizeProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        var x = (float*)context.Input(0);
        byte* y = context.Output(0);
        (float min, float max) = Range(x);
        float scale = (max - min) / byte.MaxValue;
        scale = scale == 0 ? 1 : scale;
        int zero = Affine.Quantize(-min / scale, 0, byte.MinValue, byte.MaxValue);
        for (long i = 0; i < problem.Count; i++)
        {
            y[i] = (byte)Affine.Quantize(x[i] / scale, zero, byte.MinValue, byte.MaxValue);
        }
        *(float*)context.Output(1) = scale;
        *context.Output(2) = (byte)zero;
    }

    private (float Min, float Max) Range(float* x)
    {
        float min = 0;
        float max = 0;
        for (long i = 0; i < problem.Count; i++)
        {
            min = x[i] < min ? x[i] : min;
            max = x[i] > max ? x[i] : max;
        }
        return (min, max);
    }
}
