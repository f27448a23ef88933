using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Convolution;

/// <summary>A length of a Fourier transform, a power of 2.</summary>
internal interface IFftLength
{
    static abstract int Value { get; }
}

internal readonly struct Length16 : IFftLength
{
    public static int Value => 16;
}

internal readonly struct Length32 : IFftLength
{
    public static int Value => 32;
}

internal readonly struct Length64 : IFftLength
{
    public static int Value => 64;
}

/// <summary>
/// Convolution by the fast Fourier transform, in the form of <see cref="IWinograd"/>: n inputs, n / 2 taps, n / 2 outputs (overlap-save;
/// with pieces, uniformly partitioned: Stockham, "High-speed convolution and correlation", 1966). A complex product takes three real
/// ones: (a + bi)(c + di) = c(a + b) - b(c + d) + (c(a + b) + a(d - c))i, so that a spectrum of n real values is 3n/2 - 1 products.
/// Tensors hold correlations, hence the conjugate of the kernel's spectrum.
/// </summary>
internal readonly unsafe struct Fft<TLength> : IWinograd where TLength : struct, IFftLength
{
    private static readonly RealFft Transform = new(TLength.Value);

    public static int Outputs => TLength.Value / 2;

    public static int Taps => TLength.Value / 2;

    public static int Inputs => TLength.Value;

    public static int Points => (3 * TLength.Value / 2) - 1;

    public static bool AllowsFewerTaps => true;

    public static double Passes => Math.Log2(TLength.Value);

    public static double[,] Kernel
    {
        get
        {
            int n = TLength.Value;
            var g = new double[Points, Taps];
            for (int t = 0; t < Taps; t++)
            {
                g[0, t] = 1.0 / n;
                g[1, t] = (t % 2 == 0 ? 1.0 : -1.0) / n;
                for (int k = 1; k < n / 2; k++)
                {
                    // Half, because the forward transform delivers twice the spectrum between its ends.
                    (double sine, double cosine) = Math.SinCos(2 * Math.PI * (k * t % n) / n);
                    g[(3 * k) - 1, t] = cosine / (2 * n);
                    g[3 * k, t] = (sine - cosine) / (2 * n);
                    g[(3 * k) + 1, t] = (cosine + sine) / (2 * n);
                }
            }
            return g;
        }
    }

    [SkipLocalsInit]
    public static void Input<T>(float* d, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        float* spectrum = stackalloc float[(TLength.Value + 2) * T.Count];
        Transform.Forward<T>(d, step, spectrum);
        int half = TLength.Value / 2;
        T.Store(T.Load(spectrum), target);
        T.Store(T.Load(spectrum + (2 * half * T.Count)), target + targetStep);
        float* to = target + (2 * targetStep);
        for (int k = 1; k < half; k++, to += 3 * targetStep)
        {
            T a = T.Load(spectrum + (2 * k * T.Count));
            T b = T.Load(spectrum + (((2 * k) + 1) * T.Count));
            T.Store(T.Add(a, b), to);
            T.Store(a, to + targetStep);
            T.Store(b, to + (2 * targetStep));
        }
    }

    [SkipLocalsInit]
    public static void Output<T>(float* m, long step, float* target, long targetStep) where T : struct, ILanes<T>
    {
        float* spectrum = stackalloc float[(TLength.Value + 2) * T.Count];
        int half = TLength.Value / 2;
        T zero = T.Splat(0);
        T.Store(T.Load(m), spectrum);
        T.Store(zero, spectrum + T.Count);
        T.Store(T.Load(m + step), spectrum + (2 * half * T.Count));
        T.Store(zero, spectrum + (((2 * half) + 1) * T.Count));
        float* from = m + (2 * step);
        for (int k = 1; k < half; k++, from += 3 * step)
        {
            T sum = T.Load(from);
            T.Store(T.Subtract(sum, T.Load(from + (2 * step))), spectrum + (2 * k * T.Count));
            T.Store(T.Add(sum, T.Load(from + step)), spectrum + (((2 * k) + 1) * T.Count));
        }
        Transform.Backward<T>(spectrum, target, targetStep, Outputs);
    }
}
