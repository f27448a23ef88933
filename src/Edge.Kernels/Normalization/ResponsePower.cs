using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>How local response normalization divides by a power.</summary>
internal interface IResponsePower
{
    /// <summary>x * base^-exponent</summary>
    static abstract T Divide<T>(T x, T @base, float exponent) where T : struct, ILanes<T>;
}

/// <summary>Any exponent, by exponential and logarithm.</summary>
internal readonly struct AnyPower : IResponsePower
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Divide<T>(T x, T @base, float exponent) where T : struct, ILanes<T> =>
        T.Multiply(x, LaneMath.Exp(T.Multiply(LaneMath.Log(@base), T.Splat(-exponent))));
}

/// <summary>The exponent 3/4, which every published network has: b^(3/4) is sqrt(b) * sqrt(sqrt(b)).</summary>
internal readonly struct ThreeQuarterPower : IResponsePower
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Divide<T>(T x, T @base, float exponent) where T : struct, ILanes<T>
    {
        T root = T.Sqrt(@base);
        return T.Divide(x, T.Multiply(root, T.Sqrt(root)));
    }
}
