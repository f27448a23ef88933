using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Simd;

/// <summary>8 float32 lanes in a 256-bit register.</summary>
public readonly unsafe struct F32x8(Vector256<float> value) : ILanes<F32x8>
{
    private readonly Vector256<float> _v = value;

    public static int Count => 8;

    internal Vector256<float> Value => _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x8 value, float* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Splat(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Add(F32x8 a, F32x8 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Subtract(F32x8 a, F32x8 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Multiply(F32x8 a, F32x8 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Divide(F32x8 a, F32x8 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MultiplyAdd(F32x8 a, F32x8 b, F32x8 c) => new(Vector256.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Max(F32x8 a, F32x8 b) => new(Vector256.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Min(F32x8 a, F32x8 b) => new(Vector256.Min(a._v, b._v));

    /// <summary>The instruction of x64 gives its second operand where either is NaN: both orders together keep every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MaxAnyZero(F32x8 a, F32x8 b) =>
        new(Avx.IsSupported ? Avx.Max(a._v, b._v) | Avx.Max(b._v, a._v) : Vector256.Max(a._v, b._v));

    /// <summary>A NaN in a stays; one in b or c makes a mask of ones, which is a NaN too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MaxAnyZero(F32x8 a, F32x8 b, F32x8 c) => new(Avx.IsSupported
        ? Avx.Max(c._v, Avx.Max(b._v, a._v)) | Avx.CompareUnordered(b._v, c._v)
        : Vector256.Max(Vector256.Max(a._v, b._v), c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 AtLeast(F32x8 x, F32x8 bound) => new(Avx.IsSupported ? Avx.Max(bound._v, x._v) : Vector256.Max(x._v, bound._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 AtMost(F32x8 x, F32x8 bound) => new(Avx.IsSupported ? Avx.Min(bound._v, x._v) : Vector256.Min(x._v, bound._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Sqrt(F32x8 value) => new(Vector256.Sqrt(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Abs(F32x8 value) => new(Vector256.Abs(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Negate(F32x8 value) => new(-value._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Floor(F32x8 value) => new(Vector256.Floor(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Ceiling(F32x8 value) => new(Vector256.Ceiling(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Round(F32x8 value) => new(Vector256.Round(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LessThan(F32x8 a, F32x8 b) => new(Vector256.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Select(F32x8 mask, F32x8 whenSet, F32x8 whenClear) =>
        new(Vector256.ConditionalSelect(mask._v, whenSet._v, whenClear._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 PowerOfTwo(F32x8 n) =>
        new(((Vector256.ConvertToInt32Native(n._v) + Vector256.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Exponent(F32x8 value) =>
        new(Vector256.ConvertToSingle(((value._v.AsInt32() >>> 23) & Vector256.Create(0xFF)) - Vector256.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Significand(F32x8 value) =>
        new(((value._v.AsInt32() & Vector256.Create(0x007FFFFF)) | Vector256.Create(0x3F800000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x8 value) => Vector256.Sum(value._v);

    public static float MaxLane(F32x8 value)
    {
        float max = value._v[0];
        for (int i = 1; i < Count; i++)
        {
            max = MathF.Max(max, value._v[i]);
        }
        return max;
    }
}
