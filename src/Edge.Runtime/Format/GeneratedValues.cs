using Edge.Kernels.Tensors;

namespace Edge.Runtime.Format;

/// <summary>
/// Tensors of made-up content that follow from a few numbers, the same bits on every machine: benchmarks and golden samples use
/// them, and files store the numbers instead of the values (docs/format.md has the algorithm). Element after element takes the next
/// number z of SplitMix64 (Steele, Lea and Flood, 2014): floating-point types become low + (high - low) * u with u = (z >> 40) / 2^24,
/// computed in double precision and rounded once; 8-bit integers take the upper 8 bits of z; wider integers and bool the bit 56 of z.
/// </summary>
/// <param name="Seed">State of the generator before the first element.</param>
/// <param name="Low">Least value of floating-point types; finite.</param>
/// <param name="High">Bound of floating-point types; finite, not less than <paramref name="Low"/>.</param>
public sealed record GeneratedValues(ulong Seed, float Low = -1, float High = 1)
{
    /// <summary>The generator that this class implements; another algorithm gets another number.</summary>
    public const int Generator = 1;

    /// <summary>A tensor filled with the values.</summary>
    /// <param name="info">Known type and shape.</param>
    public Tensor Create(TensorInfo info)
    {
        Tensor tensor = Tensor.Allocate(info.Type, info.KnownShape);
        ulong state = Seed;
        switch (info.Type)
        {
            case DataType.F32: Fill<float>(tensor, ref state, z => (float)Scale(z)); break;
            case DataType.F16: Fill<Half>(tensor, ref state, z => (Half)(float)Scale(z)); break;
            case DataType.F64: Fill<double>(tensor, ref state, Scale); break;
            case DataType.S8 or DataType.U8: FillBytes(tensor, ref state, 0xFF, 1); break;
            default: FillBytes(tensor, ref state, 0x01, info.Type.Size()); break;
        }
        return tensor;
    }

    private static void Fill<T>(Tensor tensor, ref ulong state, Func<ulong, T> convert) where T : unmanaged
    {
        foreach (ref T value in tensor.Span<T>())
        {
            value = convert(Next(ref state));
        }
    }

    /// <summary>Sets every <paramref name="step"/>-th byte, which is the lowest of its element.</summary>
    private static void FillBytes(Tensor tensor, ref ulong state, byte mask, int step)
    {
        Span<byte> bytes = tensor.ByteSpan();
        for (int i = 0; i < bytes.Length; i += step)
        {
            bytes[i] = (byte)((Next(ref state) >> 56) & mask);
        }
    }

    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private double Scale(ulong z) => Low + (((double)High - Low) * ((z >> 40) * (1.0 / (1 << 24))));
}
