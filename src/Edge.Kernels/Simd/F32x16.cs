using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Simd;

/// <summary>16 float32 lanes in a 512-bit register.</summary>
public readonly unsafe struct F32x16(Vector512<float> value) : ILanes<F32x16>
{
    private readonly Vector512<float> _v = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x16 value, float* destination) => value._v.Store(destination);

    /// <summary>The first eight lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Lower(F32x16 value) => new(value._v.GetLower());

    /// <summary>The last eight lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Upper(F32x16 value) => new(value._v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Join(F32x8 lower, F32x8 upper) => new(Vector512.Create(lower.Value, upper.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Splat(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Add(F32x16 a, F32x16 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Subtract(F32x16 a, F32x16 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Multiply(F32x16 a, F32x16 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Divide(F32x16 a, F32x16 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MultiplyAdd(F32x16 a, F32x16 b, F32x16 c) => new(Vector512.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Max(F32x16 a, F32x16 b) => new(Vector512.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Min(F32x16 a, F32x16 b) => new(Vector512.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MaxAnyZero(F32x16 a, F32x16 b) => new(Vector512.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MaxAnyZero(F32x16 a, F32x16 b, F32x16 c) => new(Vector512.Max(Vector512.Max(a._v, b._v), c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 AtLeast(F32x16 x, F32x16 bound) => new(Avx512F.IsSupported ? Avx512F.Max(bound._v, x._v) : Vector512.Max(x._v, bound._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 AtMost(F32x16 x, F32x16 bound) => new(Avx512F.IsSupported ? Avx512F.Min(bound._v, x._v) : Vector512.Min(x._v, bound._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Sqrt(F32x16 value) => new(Vector512.Sqrt(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Abs(F32x16 value) => new(Vector512.Abs(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Negate(F32x16 value) => new(-value._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Floor(F32x16 value) => new(Vector512.Floor(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Ceiling(F32x16 value) => new(Vector512.Ceiling(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Round(F32x16 value) => new(Vector512.Round(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 LessThan(F32x16 a, F32x16 b) => new(Vector512.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Select(F32x16 mask, F32x16 whenSet, F32x16 whenClear) =>
        new(Vector512.ConditionalSelect(mask._v, whenSet._v, whenClear._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 PowerOfTwo(F32x16 n) =>
        new(((Vector512.ConvertToInt32Native(n._v) + Vector512.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Exponent(F32x16 value) =>
        new(Vector512.ConvertToSingle(((value._v.AsInt32() >>> 23) & Vector512.Create(0xFF)) - Vector512.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Significand(F32x16 value) =>
        new(((value._v.AsInt32() & Vector512.Create(0x007FFFFF)) | Vector512.Create(0x3F800000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x16 value) => Vector512.Sum(value._v);

    public static float MaxLane(F32x16 value)
    {
        float max = value._v[0];
        for (int i = 1; i < Count; i++)
        {
            max = MathF.Max(max, value._v[i]);
        }
        return max;
    }
}
