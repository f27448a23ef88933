using System.Numerics;
using System.Security.Cryptography;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Format;

/// <summary>Inputs with what the converter computed for them; a device is checked against these.</summary>
/// <param name="Inputs">One per input of the graph.</param>
/// <param name="Outputs">One per output of the graph.</param>
/// <param name="Tolerance">Largest allowed |a-b| / max|b|; 0 = bit for bit.</param>
public sealed record GoldenSample(string Name, IReadOnlyList<GoldenInput> Inputs, IReadOnlyList<GoldenOutput> Outputs, float Tolerance)
{
    /// <summary>A sample that keeps its inputs, and of its outputs what <see cref="GoldenOutput.Of"/> keeps.</summary>
    public GoldenSample(string name, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs, float tolerance)
        : this(name, [.. inputs.Select(GoldenInput.Of)], [], tolerance) => Outputs = OutputsOf(outputs, tolerance);

    /// <summary>The input tensors; generated ones are made anew by each call.</summary>
    public Tensor[] InputValues() => [.. Inputs.Select(i => i.Values())];

    /// <summary>What a sample of a tolerance keeps of computed outputs.</summary>
    public static GoldenOutput[] OutputsOf(IReadOnlyList<Tensor> outputs, float tolerance) =>
        [.. outputs.Select(o => GoldenOutput.Of(o, isExact: tolerance == 0, Math.Max(GoldenOutput.LeastValues, GoldenOutput.MostValues / outputs.Count)))];
}

/// <summary>An input of a golden sample: either stored, or made up from a few numbers.</summary>
/// <param name="Info">Known type and shape.</param>
public sealed record GoldenInput(TensorInfo Info, Tensor? Stored, GeneratedValues? Generated)
{
    /// <summary>An input that is kept as it is.</summary>
    public static GoldenInput Of(Tensor values) => new(values.Info, values, null);

    /// <summary>Bytes that it takes in a file, but for a few dozen.</summary>
    public long StoredBytes => Stored?.Bytes ?? 0;

    public Tensor Values() => Stored ?? (Generated ?? throw new InvalidOperationException("a golden input is neither stored nor generated")).Create(Info);
}

/// <summary>
/// What is kept of an output of a golden sample: all of a small one; of a large one every <see cref="Stride"/>-th element, the largest
/// magnitude of all and, where bits have to agree, a digest of all.
/// </summary>
/// <param name="Info">Type and shape of the whole output.</param>
/// <param name="Values">The whole output where <paramref name="Stride"/> is 1; else elements 0, stride, 2 stride, ... in row-major order.</param>
/// <param name="Stride">At least 1.</param>
/// <param name="Largest">Largest magnitude of all elements that are finite.</param>
/// <param name="Sha256">SHA-256 of the bytes of all elements; null where it does not have to agree or all are kept.</param>
public sealed record GoldenOutput(TensorInfo Info, Tensor Values, int Stride, float Largest, byte[]? Sha256)
{
    /// <summary>Most elements that are kept of all outputs together, where these are not many.</summary>
    public const int MostValues = 1024;

    /// <summary>Elements that are kept of each of many outputs.</summary>
    public const int LeastValues = 64;

    /// <param name="isExact">Whether devices have to compute the same bits.</param>
    /// <param name="most">Most elements that are kept.</param>
    public static GoldenOutput Of(Tensor values, bool isExact, int most = MostValues)
    {
        float largest = LargestOf(values);
        if (values.Count <= most)
        {
            return new GoldenOutput(values.Info, values, 1, largest, null);
        }
        int stride = StrideOf(values.Count, most);
        return new GoldenOutput(values.Info, Take(values, stride), stride, largest, isExact ? SHA256.HashData(values.ByteSpan()) : null);
    }

    /// <summary>Number of elements that a stride takes of <paramref name="count"/>.</summary>
    public static long CountOf(long count, int stride) => (count + stride - 1) / stride;

    /// <summary>The elements of <paramref name="tensor"/> that are compared with <see cref="Values"/>.</summary>
    public Tensor Sampled(Tensor tensor) => Stride == 1 ? tensor : Take(tensor, Stride);

    /// <summary>The least stride with few enough elements that has no divisor in common with any dimension: it meets all channels.</summary>
    private static int StrideOf(long count, int most)
    {
        int stride = (int)((count + most - 1) / most);
        while (BigInteger.GreatestCommonDivisor(stride, count) != 1)
        {
            stride++;
        }
        return stride;
    }

    private static Tensor Take(Tensor tensor, int stride)
    {
        int size = tensor.Type.Size();
        Tensor taken = Tensor.Allocate(tensor.Type, new Shape((int)CountOf(tensor.Count, stride)));
        ReadOnlySpan<byte> source = tensor.ByteSpan();
        Span<byte> target = taken.ByteSpan();
        for (int i = 0; i < taken.Count; i++)
        {
            source.Slice(checked(i * stride * size), size).CopyTo(target[(i * size)..]);
        }
        return taken;
    }

    private static float LargestOf(Tensor tensor)
    {
        double largest = 0;
        foreach (double value in tensor.ToDouble())
        {
            largest = double.IsFinite(value) ? Math.Max(largest, Math.Abs(value)) : largest;
        }
        return (float)Math.Min(largest, float.MaxValue);
    }
}
