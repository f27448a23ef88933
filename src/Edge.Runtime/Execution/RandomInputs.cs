using Edge.Kernels.Tensors;

namespace Edge.Runtime.Execution;

/// <summary>
/// Input tensors of made-up content that depend on the seed alone, on every machine (SplitMix64): for benchmarks and golden
/// samples. Floats are uniform in [-1, 1), 8-bit integers use their whole range, wider integers and flags are 0 or 1.
/// </summary>
public static class RandomInputs
{
    /// <param name="info">Known type and shape.</param>
    public static Tensor Create(TensorInfo info, ulong seed)
    {
        Tensor tensor = Tensor.Allocate(info.Type, info.KnownShape);
        ulong state = seed;
        switch (info.Type)
        {
            case DataType.F32: Fill<float>(tensor, ref state, bits => ToUnit(bits)); break;
            case DataType.F16: Fill<Half>(tensor, ref state, bits => (Half)ToUnit(bits)); break;
            case DataType.F64: Fill<double>(tensor, ref state, bits => ToUnit(bits)); break;
            case DataType.S8 or DataType.U8: FillBytes(tensor, ref state, 0xFF, 1); break;
            default: FillBytes(tensor, ref state, 0x01, info.Type.Size()); break;
        }
        return tensor;
    }

    private static float ToUnit(ulong bits) => ((bits >> 40) * (2f / (1 << 24))) - 1;

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
}
