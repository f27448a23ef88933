using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Convolution;

/// <summary>
/// A minimal filtering algorithm F(m, r): m outputs of a filter of r taps from m + r - 1 products, along one axis:
/// y = A'((G g) * (B' d)). Winograd, "Arithmetic Complexity of Computations" (1980); Toom and Cook's construction from
/// polynomial values at points; for networks: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016).
/// </summary>
internal unsafe interface IWinograd
{
    /// <summary>m</summary>
    static abstract int Outputs { get; }

    /// <summary>r</summary>
    static abstract int Taps { get; }

    /// <summary>Inputs that a tile reads, m + r - 1 at least.</summary>
    static abstract int Inputs { get; }

    /// <summary>Products; m + r - 1 at least.</summary>
    static abstract int Points { get; }

    /// <summary>Whether a kernel along H and W may have fewer taps than r.</summary>
    static abstract bool AllowsFewerTaps { get; }

    /// <summary>How often a transform loads and stores its points.</summary>
    static abstract double Passes { get; }

    /// <summary>G, (points, taps).</summary>
    static abstract double[,] Kernel { get; }

    /// <summary>B' d: from (inputs) vectors at a distance of <paramref name="step"/> elements to (points) vectors.</summary>
    static abstract void Input<T>(float* d, long step, float* target, long targetStep) where T : struct, ILanes<T>;

    /// <summary>A' m: from (points) vectors to (outputs) vectors.</summary>
    static abstract void Output<T>(float* m, long step, float* target, long targetStep) where T : struct, ILanes<T>;
}

/// <summary>F(2, 3) at the points 0, 1, -1 and infinity.</summary>
internal readonly unsafe struct Winograd2x3 : IWinograd
{
    public static int Outputs => 2;

    public static int Taps => 3;

    public static int Inputs => 4;

    public static int Points => 4;

    public static bool AllowsFewerTaps => false;

    public static double Passes => 1;

    public static double[,] Kernel => new double[,] { { 1, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.5, -0.5, 0.5 }, { 0, 0, 1 } };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<T>(float* d, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T d1 = T.Load(d + step), d2 = T.Load(d + (2 * step));
        T.Store(T.Subtract(T.Load(d), d2), target);
        T.Store(T.Add(d1, d2), target + targetStep);
        T.Store(T.Subtract(d2, d1), target + (2 * targetStep));
        T.Store(T.Subtract(T.Load(d + (3 * step)), d1), target + (3 * targetStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<T>(float* m, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T m1 = T.Load(m + step), m2 = T.Load(m + (2 * step));
        T.Store(T.Add(T.Load(m), T.Add(m1, m2)), target);
        T.Store(T.Add(T.Subtract(m1, m2), T.Load(m + (3 * step))), target + targetStep);
    }
}

/// <summary>F(4, 3) at the points 0, 1, -1, 2, -2 and infinity.</summary>
internal readonly unsafe struct Winograd4x3 : IWinograd
{
    public static int Outputs => 4;

    public static int Taps => 3;

    public static int Inputs => 6;

    public static int Points => 6;

    public static bool AllowsFewerTaps => false;

    public static double Passes => 1;

    public static double[,] Kernel => new[,]
    {
        { 1 / 4.0, 0, 0 }, { -1 / 6.0, -1 / 6.0, -1 / 6.0 }, { -1 / 6.0, 1 / 6.0, -1 / 6.0 },
        { 1 / 24.0, 1 / 12.0, 1 / 6.0 }, { 1 / 24.0, -1 / 12.0, 1 / 6.0 }, { 0, 0, 1 },
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<T>(float* d, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T d0 = T.Load(d), d1 = T.Load(d + step), d2 = T.Load(d + (2 * step));
        T d3 = T.Load(d + (3 * step)), d4 = T.Load(d + (4 * step)), d5 = T.Load(d + (5 * step));
        T.Store(T.MultiplyAdd(T.Splat(4), d0, T.MultiplyAdd(T.Splat(-5), d2, d4)), target);
        T even = T.MultiplyAdd(T.Splat(-4), d2, d4), odd = T.MultiplyAdd(T.Splat(-4), d1, d3);
        T.Store(T.Add(even, odd), target + targetStep);
        T.Store(T.Subtract(even, odd), target + (2 * targetStep));
        even = T.Subtract(d4, d2);
        odd = T.Subtract(d3, d1);
        odd = T.Add(odd, odd);
        T.Store(T.Add(even, odd), target + (3 * targetStep));
        T.Store(T.Subtract(even, odd), target + (4 * targetStep));
        T.Store(T.MultiplyAdd(T.Splat(4), d1, T.MultiplyAdd(T.Splat(-5), d3, d5)), target + (5 * targetStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<T>(float* m, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T m1 = T.Load(m + step), m2 = T.Load(m + (2 * step)), m3 = T.Load(m + (3 * step)), m4 = T.Load(m + (4 * step));
        T sum1 = T.Add(m1, m2), difference1 = T.Subtract(m1, m2), sum2 = T.Add(m3, m4), difference2 = T.Subtract(m3, m4);
        T.Store(T.Add(T.Load(m), T.Add(sum1, sum2)), target);
        T.Store(T.MultiplyAdd(T.Splat(2), difference2, difference1), target + targetStep);
        T.Store(T.MultiplyAdd(T.Splat(4), sum2, sum1), target + (2 * targetStep));
        T.Store(T.Add(T.MultiplyAdd(T.Splat(8), difference2, difference1), T.Load(m + (5 * step))), target + (3 * targetStep));
    }
}

/// <summary>F(6, 3) at the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity.</summary>
internal readonly unsafe struct Winograd6x3 : IWinograd
{
    public static int Outputs => 6;

    public static int Taps => 3;

    public static int Inputs => 8;

    public static int Points => 8;

    public static bool AllowsFewerTaps => false;

    public static double Passes => 1;

    public static double[,] Kernel => new[,]
    {
        { 1.0, 0, 0 }, { -2 / 9.0, -2 / 9.0, -2 / 9.0 }, { -2 / 9.0, 2 / 9.0, -2 / 9.0 },
        { 1 / 90.0, 1 / 45.0, 2 / 45.0 }, { 1 / 90.0, -1 / 45.0, 2 / 45.0 },
        { 32 / 45.0, 16 / 45.0, 8 / 45.0 }, { 32 / 45.0, -16 / 45.0, 8 / 45.0 }, { 0, 0, 1 },
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<T>(float* d, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T d1 = T.Load(d + step), d2 = T.Load(d + (2 * step)), d3 = T.Load(d + (3 * step));
        T d4 = T.Load(d + (4 * step)), d5 = T.Load(d + (5 * step)), d6 = T.Load(d + (6 * step));
        T.Store(T.MultiplyAdd(T.Splat(5.25f), T.Subtract(d4, d2), T.Subtract(T.Load(d), d6)), target);
        T.Store(T.MultiplyAdd(T.Splat(5.25f), T.Subtract(d3, d5), T.Subtract(T.Load(d + (7 * step)), d1)), target + (7 * targetStep));
        T even = T.MultiplyAdd(T.Splat(-4.25f), d4, T.Add(d2, d6)), odd = T.MultiplyAdd(T.Splat(-4.25f), d3, T.Add(d1, d5));
        T.Store(T.Add(even, odd), target + targetStep);
        T.Store(T.Subtract(even, odd), target + (2 * targetStep));
        even = T.MultiplyAdd(T.Splat(0.25f), d2, T.MultiplyAdd(T.Splat(-1.25f), d4, d6));
        odd = T.MultiplyAdd(T.Splat(0.5f), d1, T.MultiplyAdd(T.Splat(-2.5f), d3, T.Add(d5, d5)));
        T.Store(T.Add(even, odd), target + (3 * targetStep));
        T.Store(T.Subtract(even, odd), target + (4 * targetStep));
        even = T.MultiplyAdd(T.Splat(4), d2, T.MultiplyAdd(T.Splat(-5), d4, d6));
        odd = T.MultiplyAdd(T.Splat(0.5f), d5, T.MultiplyAdd(T.Splat(-2.5f), d3, T.Add(d1, d1)));
        T.Store(T.Add(even, odd), target + (5 * targetStep));
        T.Store(T.Subtract(even, odd), target + (6 * targetStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<T>(float* m, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T a = T.Load(m + step), b = T.Load(m + (2 * step));
        T sum1 = T.Add(a, b), difference1 = T.Subtract(a, b);
        a = T.Load(m + (3 * step));
        b = T.Load(m + (4 * step));
        T sum2 = T.Add(a, b), difference2 = T.Subtract(a, b);
        a = T.Load(m + (5 * step));
        b = T.Load(m + (6 * step));
        T sum3 = T.Add(a, b), difference3 = T.Subtract(a, b);
        T.Store(T.Add(T.Add(T.Load(m), sum1), T.Add(sum2, sum3)), target);
        T.Store(T.MultiplyAdd(T.Splat(0.5f), difference3, T.MultiplyAdd(T.Splat(2), difference2, difference1)), target + targetStep);
        T.Store(T.MultiplyAdd(T.Splat(0.25f), sum3, T.MultiplyAdd(T.Splat(4), sum2, sum1)), target + (2 * targetStep));
        T.Store(T.MultiplyAdd(T.Splat(0.125f), difference3, T.MultiplyAdd(T.Splat(8), difference2, difference1)), target + (3 * targetStep));
        T.Store(T.MultiplyAdd(T.Splat(0.0625f), sum3, T.MultiplyAdd(T.Splat(16), sum2, sum1)), target + (4 * targetStep));
        T last = T.MultiplyAdd(T.Splat(0.03125f), difference3, T.MultiplyAdd(T.Splat(32), difference2, difference1));
        T.Store(T.Add(last, T.Load(m + (7 * step))), target + (5 * targetStep));
    }
}

/// <summary>
/// F(4, 4) at the points 1, -1, 2, -2, 1/2, -1/2 and infinity. As many outputs as taps: a longer filter is cut into pieces of
/// four taps, and the piece q of tile t reads the transformed input of tile t + q.
/// </summary>
internal readonly unsafe struct Winograd4x4 : IWinograd
{
    public static int Outputs => 4;

    public static int Taps => 4;

    public static int Inputs => 7;

    public static int Points => 7;

    public static bool AllowsFewerTaps => false;

    public static double Passes => 1;

    public static double[,] Kernel => new[,]
    {
        { -1 / 4.5, -1 / 4.5, -1 / 4.5, -1 / 4.5 }, { 1 / 4.5, -1 / 4.5, 1 / 4.5, -1 / 4.5 },
        { 1 / 45.0, 2 / 45.0, 4 / 45.0, 8 / 45.0 }, { -1 / 45.0, 2 / 45.0, -4 / 45.0, 8 / 45.0 },
        { 1 / 2.8125, 0.5 / 2.8125, 0.25 / 2.8125, 0.125 / 2.8125 }, { -1 / 2.8125, 0.5 / 2.8125, -0.25 / 2.8125, 0.125 / 2.8125 },
        { 0, 0, 0, 1 },
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<T>(float* d, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T d0 = T.Load(d), d1 = T.Load(d + step), d2 = T.Load(d + (2 * step)), d3 = T.Load(d + (3 * step));
        T d4 = T.Load(d + (4 * step)), d5 = T.Load(d + (5 * step));
        T odd = T.MultiplyAdd(T.Splat(-4.25f), d3, T.Add(d1, d5)), even = T.MultiplyAdd(T.Splat(-4.25f), d2, T.Add(d0, d4));
        T.Store(T.Add(odd, even), target);
        T.Store(T.Subtract(odd, even), target + targetStep);
        odd = T.MultiplyAdd(T.Splat(0.25f), d1, T.MultiplyAdd(T.Splat(-1.25f), d3, d5));
        even = T.MultiplyAdd(T.Splat(0.5f), d0, T.MultiplyAdd(T.Splat(-2.5f), d2, T.Add(d4, d4)));
        T.Store(T.Add(odd, even), target + (2 * targetStep));
        T.Store(T.Subtract(odd, even), target + (3 * targetStep));
        odd = T.MultiplyAdd(T.Splat(4), d1, T.MultiplyAdd(T.Splat(-5), d3, d5));
        even = T.MultiplyAdd(T.Splat(0.5f), d4, T.MultiplyAdd(T.Splat(-2.5f), d2, T.Add(d0, d0)));
        T.Store(T.Add(odd, even), target + (4 * targetStep));
        T.Store(T.Subtract(odd, even), target + (5 * targetStep));
        T.Store(T.MultiplyAdd(T.Splat(5.25f), T.Subtract(d2, d4), T.Subtract(T.Load(d + (6 * step)), d0)), target + (6 * targetStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<T>(float* m, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        T a = T.Load(m), b = T.Load(m + step);
        T sum1 = T.Add(a, b), difference1 = T.Subtract(a, b);
        a = T.Load(m + (2 * step));
        b = T.Load(m + (3 * step));
        T sum2 = T.Add(a, b), difference2 = T.Subtract(a, b);
        a = T.Load(m + (4 * step));
        b = T.Load(m + (5 * step));
        T sum3 = T.Add(a, b), difference3 = T.Subtract(a, b);
        T.Store(T.Add(sum1, T.Add(sum2, sum3)), target);
        T.Store(T.MultiplyAdd(T.Splat(0.5f), difference3, T.MultiplyAdd(T.Splat(2), difference2, difference1)), target + targetStep);
        T.Store(T.MultiplyAdd(T.Splat(0.25f), sum3, T.MultiplyAdd(T.Splat(4), sum2, sum1)), target + (2 * targetStep));
        T last = T.MultiplyAdd(T.Splat(0.125f), difference3, T.MultiplyAdd(T.Splat(8), difference2, difference1));
        T.Store(T.Add(last, T.Load(m + (6 * step))), target + (3 * targetStep));
    }
}
