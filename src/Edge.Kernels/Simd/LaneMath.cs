using System.Runtime.CompilerServices;

namespace Edge.Kernels.Simd;

/// <summary>
/// Transcendental functions over lanes: one formula for every width. Errors are against the exact result of the float32
/// argument; special values follow IEEE 754 (NaN gives NaN, exp(inf) is inf, log(0) is -inf, log of a negative is NaN).
/// Polynomials: S. L. Moshier, Cephes Mathematical Library (expf, logf, tanhf); error function: N. Juffa.
/// </summary>
public static class LaneMath
{
    /// <summary>exp(x) within 2 ulp over the whole range; gradual underflow, overflow to infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x) where T : struct, ILanes<T>
    {
        // Beyond these bounds the result is 0 or infinity.
        T y = T.AtLeast(T.AtMost(x, T.Splat(89f)), T.Splat(-104f));
        T n = T.Round(T.Multiply(y, T.Splat(1.44269504088896341f)));
        // x - n ln 2, with ln 2 split so that n times its high part is exact.
        T r = T.MultiplyAdd(n, T.Splat(-0.693359375f), y);
        r = T.MultiplyAdd(n, T.Splat(2.12194440e-4f), r);
        T p = T.MultiplyAdd(T.Splat(1.9875691500e-4f), r, T.Splat(1.3981999507e-3f));
        p = T.MultiplyAdd(p, r, T.Splat(8.3334519073e-3f));
        p = T.MultiplyAdd(p, r, T.Splat(4.1665795894e-2f));
        p = T.MultiplyAdd(p, r, T.Splat(1.6666665459e-1f));
        p = T.MultiplyAdd(p, r, T.Splat(5.0000001201e-1f));
        p = T.Add(T.MultiplyAdd(p, T.Multiply(r, r), r), T.Splat(1f));
        // 2^n in two factors: n reaches 128 and -150, which no single normal exponent can hold.
        T half = T.Floor(T.Multiply(n, T.Splat(0.5f)));
        return T.Multiply(T.Multiply(p, T.PowerOfTwo(half)), T.PowerOfTwo(T.Subtract(n, half)));
    }

    /// <summary>Natural logarithm within 2 ulp, denormal arguments included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log<T>(T x) where T : struct, ILanes<T>
    {
        T isTiny = T.LessThan(x, T.Splat(1.17549435e-38f));
        T normal = T.Select(isTiny, T.Multiply(x, T.Splat(8388608f)), x);
        T e = T.Add(T.Exponent(normal), T.Select(isTiny, T.Splat(-23f), T.Splat(0f)));
        T m = T.Significand(normal);
        // m in [sqrt(1/2), sqrt(2))
        T isLarge = T.LessThan(T.Splat(1.41421356f), m);
        m = T.Select(isLarge, T.Multiply(m, T.Splat(0.5f)), m);
        e = T.Select(isLarge, T.Add(e, T.Splat(1f)), e);
        T f = T.Subtract(m, T.Splat(1f));
        T square = T.Multiply(f, f);
        T p = T.MultiplyAdd(T.Splat(7.0376836292e-2f), f, T.Splat(-1.1514610310e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(1.1676998740e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(-1.2420140846e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(1.4249322787e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(-1.6668057665e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(2.0000714765e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(-2.4999993993e-1f));
        p = T.MultiplyAdd(p, f, T.Splat(3.3333331174e-1f));
        T tail = T.MultiplyAdd(e, T.Splat(-2.12194440e-4f), T.Multiply(p, T.Multiply(f, square)));
        tail = T.MultiplyAdd(square, T.Splat(-0.5f), tail);
        T result = T.MultiplyAdd(e, T.Splat(0.693359375f), T.Add(f, tail));
        result = T.Select(T.LessThan(x, T.Splat(0f)), T.Splat(float.NaN), result);
        result = T.Select(T.LessThan(T.Abs(x), T.Splat(float.Epsilon)), T.Splat(float.NegativeInfinity), result);
        // NaN and infinity are not less than infinity: they pass through.
        return T.Select(T.LessThan(x, T.Splat(float.PositiveInfinity)), result, x);
    }

    /// <summary>log(1 + x) for x in [0, 1], within 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log1PlusUnit<T>(T x) where T : struct, ILanes<T>
    {
        T sum = T.Add(T.Splat(1f), x);
        // What the sum lost by rounding, to first order.
        T lost = T.Subtract(x, T.Subtract(sum, T.Splat(1f)));
        return T.Add(Log(sum), T.Divide(lost, sum));
    }

    /// <summary>1 / (1 + exp(-x)) within 4 ulp; 0 where that is less than the smallest normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x) where T : struct, ILanes<T> => T.Divide(T.Splat(1f), OnePlusExpOfMinus(x));

    /// <summary>x / (1 + exp(-steepness * x)), as <see cref="Sigmoid"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Swish<T>(T x, T steepness) where T : struct, ILanes<T> => T.Divide(x, OnePlusExpOfMinus(T.Multiply(steepness, x)));

    /// <summary>
    /// 1 + exp(-x), infinity for x below -88.4. exp(-x) = 2^n * exp(-r) with |r| up to ln 2 / 2; exp(-r) by its minimax polynomial of
    /// degree 6 (relative error 2e-9, found with Remez' algorithm).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T OnePlusExpOfMinus<T>(T x) where T : struct, ILanes<T>
    {
        T y = T.AtLeast(T.AtMost(x, T.Splat(87.3f)), T.Splat(-88.8f));
        // n reaches 128, whose exponent field is that of infinity.
        T n = T.Round(T.Multiply(y, T.Splat(-1.44269504f)));
        // y + n ln 2, with ln 2 split so that n times its high part is exact.
        T r = T.MultiplyAdd(n, T.Splat(0.693359375f), y);
        r = T.MultiplyAdd(n, T.Splat(-2.12194440e-4f), r);
        T p = T.MultiplyAdd(T.Splat(1.38368460e-03f), r, T.Splat(-8.37481580e-03f));
        p = T.MultiplyAdd(p, r, T.Splat(4.16682256e-02f));
        p = T.MultiplyAdd(p, r, T.Splat(-1.66664202e-01f));
        p = T.MultiplyAdd(p, r, T.Splat(4.99999921e-01f));
        p = T.MultiplyAdd(p, r, T.Splat(-1.00000004e+00f));
        p = T.MultiplyAdd(p, r, T.Splat(1f));
        return T.MultiplyAdd(p, T.PowerOfTwo(n), T.Splat(1f));
    }

    /// <summary>Hyperbolic tangent within 3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x) where T : struct, ILanes<T>
    {
        T magnitude = T.Abs(x);
        T z = T.Multiply(x, x);
        T p = T.MultiplyAdd(T.Splat(-5.70498872745e-3f), z, T.Splat(2.06390887954e-2f));
        p = T.MultiplyAdd(p, z, T.Splat(-5.37397155531e-2f));
        p = T.MultiplyAdd(p, z, T.Splat(1.33314422036e-1f));
        p = T.MultiplyAdd(p, z, T.Splat(-3.33332819422e-1f));
        T small = T.MultiplyAdd(T.Multiply(p, z), x, x);
        T one = T.Splat(1f);
        T large = T.Subtract(one, T.Divide(T.Splat(2f), T.Add(Exp(T.Add(magnitude, magnitude)), one)));
        large = T.Select(T.LessThan(x, T.Splat(0f)), T.Negate(large), large);
        return T.Select(T.LessThan(magnitude, T.Splat(0.625f)), small, large);
    }

    /// <summary>Error function within 3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Erf<T>(T x) where T : struct, ILanes<T>
    {
        // erf(4) rounds to 1; the bound keeps the powers below finite.
        T t = T.AtMost(T.Abs(x), T.Splat(4f));
        T s = T.Multiply(t, t);
        T r = T.MultiplyAdd(T.Splat(-1.72853470e-5f), t, T.Splat(3.83197126e-4f));
        T u = T.MultiplyAdd(T.Splat(-3.88396438e-3f), t, T.Splat(2.42546219e-2f));
        r = T.MultiplyAdd(r, s, u);
        r = T.MultiplyAdd(r, t, T.Splat(-1.06777877e-1f));
        r = T.MultiplyAdd(r, t, T.Splat(-6.34846687e-1f));
        r = T.MultiplyAdd(r, t, T.Splat(-1.28717512e-1f));
        r = T.MultiplyAdd(r, t, T.Negate(t));
        T large = T.Subtract(T.Splat(1f), Exp(r));
        large = T.Select(T.LessThan(x, T.Splat(0f)), T.Negate(large), large);
        T p = T.MultiplyAdd(T.Splat(-5.96761703e-4f), s, T.Splat(4.99119423e-3f));
        p = T.MultiplyAdd(p, s, T.Splat(-2.67681349e-2f));
        p = T.MultiplyAdd(p, s, T.Splat(1.12819925e-1f));
        p = T.MultiplyAdd(p, s, T.Splat(-3.76125336e-1f));
        p = T.MultiplyAdd(p, s, T.Splat(1.28379166e-1f));
        T small = T.MultiplyAdd(p, x, x);
        return T.Select(T.LessThan(t, T.Splat(0.927734375f)), small, large);
    }
}
