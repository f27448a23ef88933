using Edge.Kernels.Tensors;

namespace Edge.Testing;

/// <summary>Seeded tensors for tests.</summary>
public static class RandomTensor
{
    /// <summary>Values that random numbers never hit and kernels get wrong.</summary>
    public static readonly float[] Specials = [float.NaN, -0f, 0f, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue];

    /// <summary>Float32 values uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public static Tensor F32(Shape shape, int seed, float low = -1, float high = 1)
    {
        var random = new Random(seed);
        Tensor tensor = Tensor.Allocate(DataType.F32, shape);
        foreach (ref float value in tensor.Span<float>())
        {
            value = low + (random.NextSingle() * (high - low));
        }
        return tensor;
    }

    /// <summary>Like <see cref="F32"/>, with every special value strewn in.</summary>
    public static Tensor F32WithSpecials(Shape shape, int seed)
    {
        Tensor tensor = F32(shape, seed);
        var random = new Random(seed + 1);
        Span<float> values = tensor.Span<float>();
        if (values.Length > 0)
        {
            foreach (float special in Specials)
            {
                values[random.Next(values.Length)] = special;
            }
        }
        return tensor;
    }

    /// <summary>Random bytes, for types that are only moved.</summary>
    public static Tensor Bytes(DataType type, Shape shape, int seed)
    {
        Tensor tensor = Tensor.Allocate(type, shape);
        new Random(seed).NextBytes(tensor.ByteSpan());
        return tensor;
    }
}
