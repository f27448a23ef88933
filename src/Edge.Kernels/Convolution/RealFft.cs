using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Fourier transforms of n real values, each a vector of independent lanes: a complex transform of n / 2 pairs (Cooley and Tukey,
/// 1965; radix 2, decimation in time), and the step that separates even and odd values.
/// </summary>
internal sealed unsafe class RealFft
{
    private readonly int _half;
    private readonly int _bits;
    private readonly float[] _cosines;
    private readonly float[] _sines;

    /// <param name="length">n, a power of 2, at least 4.</param>
    public RealFft(int length)
    {
        _half = length / 2;
        _bits = BitOperations.Log2((uint)_half);
        _cosines = [.. Enumerable.Range(0, _half).Select(k => (float)Math.Cos(2 * Math.PI * k / length))];
        _sines = [.. Enumerable.Range(0, _half).Select(k => (float)Math.Sin(2 * Math.PI * k / length))];
    }

    /// <summary>Frequencies 0 and n / 2 once, those between twice: (n / 2 + 1) pairs of real and imaginary part.</summary>
    /// <param name="x">Value i at i * <paramref name="step"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Forward<T>(float* x, long step, float* spectrum) where T : struct, ILanes<T>
    {
        float* z = stackalloc float[2 * _half * T.Count];
        for (int j = 0; j < _half; j++)
        {
            float* to = z + (2 * Reverse(j) * T.Count);
            T.Store(T.Load(x + (2 * j * step)), to);
            T.Store(T.Load(x + (((2 * j) + 1) * step)), to + T.Count);
        }
        Butterflies<T>(z, -1);
        T first = T.Load(z), second = T.Load(z + T.Count);
        T.Store(T.Add(first, second), spectrum);
        T.Store(T.Subtract(first, second), spectrum + (2 * _half * T.Count));
        for (int k = 1; k < _half; k++)
        {
            T ar = T.Load(z + (2 * k * T.Count)), ai = T.Load(z + (((2 * k) + 1) * T.Count));
            T br = T.Load(z + (2 * (_half - k) * T.Count)), bi = T.Load(z + (((2 * (_half - k)) + 1) * T.Count));
            T c = T.Splat(_cosines[k]), s = T.Splat(_sines[k]);
            T oddReal = T.Add(ai, bi), oddImaginary = T.Subtract(br, ar);
            T real = T.MultiplyAdd(s, oddImaginary, T.MultiplyAdd(c, oddReal, T.Add(ar, br)));
            T imaginary = T.Subtract(T.MultiplyAdd(c, oddImaginary, T.Subtract(ai, bi)), T.Multiply(s, oddReal));
            T.Store(real, spectrum + (2 * k * T.Count));
            T.Store(imaginary, spectrum + (((2 * k) + 1) * T.Count));
        }
    }

    /// <summary>n times the inverse: the first <paramref name="outputs"/> values, an even number.</summary>
    /// <param name="spectrum">Frequencies 0 to n / 2.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Backward<T>(float* spectrum, float* y, long step, int outputs) where T : struct, ILanes<T>
    {
        float* z = stackalloc float[2 * _half * T.Count];
        for (int k = 0; k < _half; k++)
        {
            T yr = T.Load(spectrum + (2 * k * T.Count)), yi = T.Load(spectrum + (((2 * k) + 1) * T.Count));
            T vr = T.Load(spectrum + (2 * (_half - k) * T.Count)), vi = T.Load(spectrum + (((2 * (_half - k)) + 1) * T.Count));
            T c = T.Splat(_cosines[k]), s = T.Splat(_sines[k]);
            T dr = T.Subtract(yr, vr), di = T.Add(yi, vi);
            T oddReal = T.Subtract(T.Multiply(dr, c), T.Multiply(di, s));
            T oddImaginary = T.MultiplyAdd(dr, s, T.Multiply(di, c));
            float* to = z + (2 * Reverse(k) * T.Count);
            T.Store(T.Subtract(T.Add(yr, vr), oddImaginary), to);
            T.Store(T.Add(T.Subtract(yi, vi), oddReal), to + T.Count);
        }
        Butterflies<T>(z, 1);
        for (int i = 0; i < outputs; i++)
        {
            T.Store(T.Load(z + (i * T.Count)), y + (i * step));
        }
    }

    /// <summary>The complex transform in place, of pairs in bit-reversed order.</summary>
    /// <param name="sign">Of the exponent.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Butterflies<T>(float* z, float sign) where T : struct, ILanes<T>
    {
        for (int size = 1; size < _half; size *= 2)
        {
            // e^(sign * i pi j / size): the tables step by 2 pi / n.
            int stride = _half / size;
            for (int j = 0; j < size; j++)
            {
                T c = T.Splat(_cosines[j * stride]), s = T.Splat(sign * _sines[j * stride]);
                for (int start = j; start < _half; start += 2 * size)
                {
                    float* a = z + (2 * start * T.Count);
                    float* b = a + (2 * size * T.Count);
                    T br = T.Load(b), bi = T.Load(b + T.Count);
                    T tr = T.Subtract(T.Multiply(br, c), T.Multiply(bi, s));
                    T ti = T.MultiplyAdd(br, s, T.Multiply(bi, c));
                    T ar = T.Load(a), ai = T.Load(a + T.Count);
                    T.Store(T.Add(ar, tr), a);
                    T.Store(T.Add(ai, ti), a + T.Count);
                    T.Store(T.Subtract(ar, tr), b);
                    T.Store(T.Subtract(ai, ti), b + T.Count);
                }
            }
        }
    }

    private int Reverse(int index)
    {
        int reversed = 0;
        for (int bit = 0; bit < _bits; bit++)
        {
            reversed |= ((index >> bit) & 1) << (_bits - 1 - bit);
        }
        return reversed;
    }
}
