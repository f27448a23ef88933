using System.Runtime.CompilerServices;

namespace Edge.Kernels.Simd;

/// <summary>One float32 lane: the tail of every loop, and the scalar rows.</summary>
public readonly unsafe struct F32x1(float value) : ILanes<F32x1>
{
    private readonly float _v = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Load(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x1 value, float* destination) => *destination = value._v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Splat(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Add(F32x1 a, F32x1 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Subtract(F32x1 a, F32x1 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Multiply(F32x1 a, F32x1 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Divide(F32x1 a, F32x1 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 MultiplyAdd(F32x1 a, F32x1 b, F32x1 c) => new(float.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Max(F32x1 a, F32x1 b) => new(MathF.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Min(F32x1 a, F32x1 b) => new(MathF.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 MaxAnyZero(F32x1 a, F32x1 b) => Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 MaxAnyZero(F32x1 a, F32x1 b, F32x1 c) => Max(Max(a, b), c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 AtLeast(F32x1 x, F32x1 bound) => x._v < bound._v ? bound : x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 AtMost(F32x1 x, F32x1 bound) => x._v > bound._v ? bound : x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Sqrt(F32x1 value) => new(MathF.Sqrt(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Abs(F32x1 value) => new(MathF.Abs(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Negate(F32x1 value) => new(-value._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Floor(F32x1 value) => new(MathF.Floor(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Ceiling(F32x1 value) => new(MathF.Ceiling(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Round(F32x1 value) => new(MathF.Round(value._v, MidpointRounding.ToEven));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 LessThan(F32x1 a, F32x1 b) => new(a._v < b._v ? BitConverter.Int32BitsToSingle(-1) : 0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Select(F32x1 mask, F32x1 whenSet, F32x1 whenClear) =>
        BitConverter.SingleToInt32Bits(mask._v) != 0 ? whenSet : whenClear;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 PowerOfTwo(F32x1 n) => new(BitConverter.Int32BitsToSingle(((int)n._v + 127) << 23));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Exponent(F32x1 value) => new(((BitConverter.SingleToInt32Bits(value._v) >> 23) & 0xFF) - 127);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Significand(F32x1 value) =>
        new(BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(value._v) & 0x007FFFFF) | 0x3F800000));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x1 value) => value._v;

    public static float MaxLane(F32x1 value) => value._v;
}
