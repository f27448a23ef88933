using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Simd;

/// <summary>4 float32 lanes in a 128-bit register.</summary>
public readonly unsafe struct F32x4(Vector128<float> value) : ILanes<F32x4>
{
    private readonly Vector128<float> _v = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x4 value, float* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Splat(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Add(F32x4 a, F32x4 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Subtract(F32x4 a, F32x4 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Multiply(F32x4 a, F32x4 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Divide(F32x4 a, F32x4 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MultiplyAdd(F32x4 a, F32x4 b, F32x4 c) => new(Vector128.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Max(F32x4 a, F32x4 b) => new(Vector128.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Min(F32x4 a, F32x4 b) => new(Vector128.Min(a._v, b._v));

    /// <summary>The instruction of x64 gives its second operand where either is NaN: both orders together keep every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MaxAnyZero(F32x4 a, F32x4 b) =>
        new(Sse.IsSupported ? Sse.Max(a._v, b._v) | Sse.Max(b._v, a._v) : Vector128.Max(a._v, b._v));

    /// <summary>A NaN in a stays; one in b or c makes a mask of ones, which is a NaN too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MaxAnyZero(F32x4 a, F32x4 b, F32x4 c) => new(Sse.IsSupported
        ? Sse.Max(c._v, Sse.Max(b._v, a._v)) | Sse.CompareUnordered(b._v, c._v)
        : Vector128.Max(Vector128.Max(a._v, b._v), c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 AtLeast(F32x4 x, F32x4 bound) => new(Sse.IsSupported ? Sse.Max(bound._v, x._v) : Vector128.Max(x._v, bound._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 AtMost(F32x4 x, F32x4 bound) => new(Sse.IsSupported ? Sse.Min(bound._v, x._v) : Vector128.Min(x._v, bound._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Sqrt(F32x4 value) => new(Vector128.Sqrt(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Abs(F32x4 value) => new(Vector128.Abs(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Negate(F32x4 value) => new(-value._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Floor(F32x4 value) => new(Vector128.Floor(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Ceiling(F32x4 value) => new(Vector128.Ceiling(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Round(F32x4 value) => new(Vector128.Round(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LessThan(F32x4 a, F32x4 b) => new(Vector128.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Select(F32x4 mask, F32x4 whenSet, F32x4 whenClear) =>
        new(Vector128.ConditionalSelect(mask._v, whenSet._v, whenClear._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 PowerOfTwo(F32x4 n) =>
        new(((Vector128.ConvertToInt32Native(n._v) + Vector128.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Exponent(F32x4 value) =>
        new(Vector128.ConvertToSingle(((value._v.AsInt32() >>> 23) & Vector128.Create(0xFF)) - Vector128.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Significand(F32x4 value) =>
        new(((value._v.AsInt32() & Vector128.Create(0x007FFFFF)) | Vector128.Create(0x3F800000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x4 value) => Vector128.Sum(value._v);

    public static float MaxLane(F32x4 value)
    {
        float max = value._v[0];
        for (int i = 1; i < Count; i++)
        {
            max = MathF.Max(max, value._v[i]);
        }
        return max;
    }
}
