using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>The two passes of <see cref="DynamicScale"/> on the vectors of a processor.</summary>
internal unsafe interface IDynamicLanes
{
    /// <summary>Least and greatest number and 0.</summary>
    /// <param name="count">A multiple of 8.</param>
    /// <param name="lanes">How many of each eight numbers count, 1 to 8.</param>
    static abstract (float Min, float Max) Range(float* x, long count, int lanes);

    /// <summary>32 numbers.</summary>
    static abstract (Vector128<sbyte> First, Vector128<sbyte> Second) Quantize(float* x, in DynamicScale scale);
}

/// <summary>256 bits.</summary>
internal readonly unsafe struct DynamicAvx2 : IDynamicLanes
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Min, float Max) Range(float* x, long count, int lanes)
    {
        Vector256<float> exist = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(lanes)).AsSingle();
        Vector256<float> min0 = default, min1 = default, max0 = default, max1 = default;
        float* end = x + count;
        for (; x <= end - 16; x += 16)
        {
            // Of two operands of which one is NaN, the second is the result.
            Vector256<float> a = Avx.And(Vector256.Load(x), exist), b = Avx.And(Vector256.Load(x + 8), exist);
            min0 = Avx.Min(a, min0);
            max0 = Avx.Max(a, max0);
            min1 = Avx.Min(b, min1);
            max1 = Avx.Max(b, max1);
        }
        if (x < end)
        {
            Vector256<float> a = Avx.And(Vector256.Load(x), exist);
            min0 = Avx.Min(a, min0);
            max0 = Avx.Max(a, max0);
        }
        min0 = Avx.Min(min0, min1);
        max0 = Avx.Max(max0, max1);
        Vector128<float> min = Sse.Min(min0.GetLower(), min0.GetUpper()), max = Sse.Max(max0.GetLower(), max0.GetUpper());
        return (Math.Min(Math.Min(min[0], min[1]), Math.Min(min[2], min[3])), Math.Max(Math.Max(max[0], max[1]), Math.Max(max[2], max[3])));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<sbyte> First, Vector128<sbyte> Second) Quantize(float* x, in DynamicScale scale)
    {
        Vector256<float> inverse = Vector256.Create(scale.Inverse), least = Vector256.Create(scale.Least), most = Vector256.Create(scale.Most);
        Vector256<short> zero = Vector256.Create((short)scale.Zero);
        Vector256<short> a = Avx2.PackSignedSaturate(Round(x, inverse, least, most), Round(x + 8, inverse, least, most));
        Vector256<short> b = Avx2.PackSignedSaturate(Round(x + 16, inverse, least, most), Round(x + 24, inverse, least, most));
        // Packing works within halves.
        Vector256<int> packed = Avx2.PackSignedSaturate(Avx2.Add(a, zero), Avx2.Add(b, zero)).AsInt32();
        Vector256<sbyte> bytes = Avx2.PermuteVar8x32(packed, Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsSByte();
        return (bytes.GetLower(), bytes.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(float* x, Vector256<float> inverse, Vector256<float> least, Vector256<float> most)
    {
        Vector256<float> product = Avx.Multiply(Vector256.Load(x), inverse);
        product = Avx.And(product, Avx.CompareOrdered(product, product));
        return Avx.ConvertToVector256Int32(Avx.Min(Avx.Max(product, least), most));
    }
}

/// <summary>128 bits.</summary>
internal readonly unsafe struct DynamicNeon : IDynamicLanes
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Min, float Max) Range(float* x, long count, int lanes)
    {
        Vector128<float> lowExist = Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(lanes)).AsSingle();
        Vector128<float> highExist = Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(lanes - 4)).AsSingle();
        Vector128<float> min0 = default, min1 = default, max0 = default, max1 = default;
        for (float* end = x + count; x < end; x += 8)
        {
            Vector128<float> a = AdvSimd.And(Vector128.Load(x), lowExist), b = AdvSimd.And(Vector128.Load(x + 4), highExist);
            // FMIN would give NaN, and FMINNM does for some.
            min0 = AdvSimd.BitwiseSelect(AdvSimd.CompareLessThan(a, min0), a, min0);
            max0 = AdvSimd.BitwiseSelect(AdvSimd.CompareGreaterThan(a, max0), a, max0);
            min1 = AdvSimd.BitwiseSelect(AdvSimd.CompareLessThan(b, min1), b, min1);
            max1 = AdvSimd.BitwiseSelect(AdvSimd.CompareGreaterThan(b, max1), b, max1);
        }
        return (AdvSimd.Arm64.MinAcross(AdvSimd.Min(min0, min1)).ToScalar(), AdvSimd.Arm64.MaxAcross(AdvSimd.Max(max0, max1)).ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<sbyte> First, Vector128<sbyte> Second) Quantize(float* x, in DynamicScale scale) => (Quantize16(x, scale), Quantize16(x + 16, scale));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Quantize16(float* x, in DynamicScale scale)
    {
        Vector128<float> inverse = Vector128.Create(scale.Inverse), least = Vector128.Create(scale.Least), most = Vector128.Create(scale.Most);
        return DotBytes.Narrow(
            Round(x, inverse, least, most), Round(x + 4, inverse, least, most), Round(x + 8, inverse, least, most), Round(x + 12, inverse, least, most), scale.Zero);
    }

    /// <summary>NaN goes through the limits and becomes 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(float* x, Vector128<float> inverse, Vector128<float> least, Vector128<float> most) =>
        AdvSimd.ConvertToInt32RoundToEven(AdvSimd.Min(AdvSimd.Max(AdvSimd.Multiply(Vector128.Load(x), inverse), least), most));
}
