namespace Edge.Kernels.Simd;

/// <summary>
/// The vocabulary that float32 kernels are written in: one formula over a lane type, compiled for 1, 4, 8 or 16 lanes.
/// Comparisons give masks (all bits set or none). <see cref="Max"/> and <see cref="Min"/> propagate NaN as IEEE 754-2019
/// maximum and minimum do, so that every width gives the same answer.
/// </summary>
public unsafe interface ILanes<TSelf> where TSelf : struct, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    static abstract void Store(TSelf value, float* destination);

    static abstract TSelf Splat(float value);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>a * b + c, rounded once where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Max(TSelf a, TSelf b);

    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>As <see cref="Max"/>, but of zeros of both signs either may come out: fewer instructions on x64.</summary>
    static abstract TSelf MaxAnyZero(TSelf a, TSelf b);

    /// <summary>Of three values.</summary>
    static abstract TSelf MaxAnyZero(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger of x and a bound that is not NaN: one instruction. NaN in x stays; of zeros of both signs either may come out.</summary>
    static abstract TSelf AtLeast(TSelf x, TSelf bound);

    /// <summary>The smaller of x and a bound that is not NaN; as <see cref="AtLeast"/>.</summary>
    static abstract TSelf AtMost(TSelf x, TSelf bound);

    static abstract TSelf Sqrt(TSelf value);

    static abstract TSelf Abs(TSelf value);

    static abstract TSelf Negate(TSelf value);

    static abstract TSelf Floor(TSelf value);

    static abstract TSelf Ceiling(TSelf value);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf value);

    static abstract TSelf LessThan(TSelf a, TSelf b);

    /// <summary>Lane by lane, <paramref name="whenSet"/> where the mask is set.</summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>2^n for integral n in [-126, 127], by building the exponent field.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>The exponent e of a positive normal number m * 2^e with m in [1, 2).</summary>
    static abstract TSelf Exponent(TSelf value);

    /// <summary>The significand m of a positive normal number m * 2^e with m in [1, 2).</summary>
    static abstract TSelf Significand(TSelf value);

    static abstract float Sum(TSelf value);

    static abstract float MaxLane(TSelf value);
}
