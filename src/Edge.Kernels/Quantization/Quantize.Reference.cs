using System.Numerics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>Rounding into an integer type.</summary>
internal static class Saturation
{
    /// <summary>saturate(round(<paramref name="value"/>) + <paramref name="zeroPoint"/>), ties to even; NaN counts as 0.</summary>
    public static T Round<T>(float value, T zeroPoint) where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        double rounded = float.IsNaN(value) ? 0 : MathF.Round(value, MidpointRounding.ToEven);
        return T.CreateTruncating(Math.Clamp(
            rounded + double.CreateTruncating(zeroPoint), double.CreateTruncating(T.MinValue), double.CreateTruncating(T.MaxValue)));
    }
}

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class QuantizeReference<TSource, TTarget>(ScaleMap map) : Kernel
    where TSource : unmanaged, INumber<TSource>
    where TTarget : unmanaged, INumber<TTarget>, IMinMaxValue<TTarget>
{
    public override void Run(in KernelContext context)
    {
        TSource* x = (TSource*)context.Input(0);
        float* scales = (float*)context.Input(1);
        TTarget* zeroPoints = (TTarget*)context.Input(2);
        TTarget* y = (TTarget*)context.Output(0);
        for (long o = 0; o < map.Outer; o++)
        {
            for (int a = 0; a < map.Axis; a++)
            {
                long scale = (o * map.OuterStride) + (a / map.Block * map.AxisStride);
                for (long i = 0; i < map.Inner; i++, scale += map.InnerStride)
                {
                    TTarget zeroPoint = zeroPoints is null ? TTarget.Zero : zeroPoints[scale];
                    *y++ = Saturation.Round(float.CreateTruncating(*x++) / scales[scale], zeroPoint);
                }
            }
        }
    }
}

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class DequantizeReference<T>(ScaleMap map) : Kernel
    where T : unmanaged, INumber<T>
{
    public override void Run(in KernelContext context)
    {
        T* x = (T*)context.Input(0);
        float* scales = (float*)context.Input(1);
        T* zeroPoints = (T*)context.Input(2);
        float* y = (float*)context.Output(0);
        for (long o = 0; o < map.Outer; o++)
        {
            for (int a = 0; a < map.Axis; a++)
            {
                long scale = (o * map.OuterStride) + (a / map.Block * map.AxisStride);
                for (long i = 0; i < map.Inner; i++, scale += map.InnerStride)
                {
                    long zeroPoint = zeroPoints is null ? 0 : long.CreateTruncating(zeroPoints[scale]);
                    *y++ = (long.CreateTruncating(*x++) - zeroPoint) * scales[scale];
                }
            }
        }
    }
}
