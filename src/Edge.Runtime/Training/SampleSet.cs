using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Training;

/// <summary>Labelled samples: what a model learns from. Read by one thread at a time.</summary>
public interface ISampleSet
{
    int Count { get; }

    /// <summary>Floats of one sample.</summary>
    int SampleFloats { get; }

    /// <summary>Class of sample <paramref name="index"/>.</summary>
    int Label(int index);

    /// <summary>Writes sample <paramref name="index"/> into <paramref name="target"/> of <see cref="SampleFloats"/> elements.</summary>
    void Read(int index, Span<float> target);
}

/// <summary>Samples in memory, one behind the other.</summary>
public sealed class MemorySamples : ISampleSet
{
    private readonly Tensor _values;
    private readonly int[] _labels;

    /// <param name="values">(samples, ...), float32 or u8.</param>
    /// <param name="labels">One per sample.</param>
    /// <exception cref="EdgeException">Counts or types do not fit.</exception>
    public MemorySamples(Tensor values, int[] labels)
    {
        if (values.Type is not (DataType.F32 or DataType.U8) || values.Shape.Rank == 0 || values.Shape[0] != labels.Length)
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"{labels.Length} labels are given for samples {values.Info}; expected float32 or u8, and one label for each entry of the first axis");
        }
        _values = values;
        _labels = labels;
        SampleFloats = labels.Length == 0 ? 0 : checked((int)(values.Count / labels.Length));
    }

    /// <summary>The samples of another set, read once and kept.</summary>
    public static MemorySamples Load(ISampleSet source)
    {
        Tensor values = Tensor.Allocate(DataType.F32, new Shape(source.Count, source.SampleFloats));
        for (int i = 0; i < source.Count; i++)
        {
            source.Read(i, values.Span<float>().Slice(i * source.SampleFloats, source.SampleFloats));
        }
        return new MemorySamples(values, [.. Enumerable.Range(0, source.Count).Select(source.Label)]);
    }

    public int Count => _labels.Length;

    public int SampleFloats { get; }

    /// <summary>Applied to u8 samples: value = pixel * Scale + Shift.</summary>
    public float Scale { get; init; } = 1;

    public float Shift { get; init; }

    public int Label(int index) => _labels[index];

    public void Read(int index, Span<float> target)
    {
        if (_values.Type == DataType.F32)
        {
            _values.Span<float>().Slice(index * SampleFloats, SampleFloats).CopyTo(target);
            return;
        }
        Span<byte> pixels = _values.Span<byte>().Slice(index * SampleFloats, SampleFloats);
        for (int i = 0; i < pixels.Length; i++)
        {
            target[i] = (pixels[i] * Scale) + Shift;
        }
    }
}

/// <summary>Some samples of another set, in a given order.</summary>
/// <param name="indices">Into <paramref name="source"/>; a sample may appear several times.</param>
public sealed class SampleSubset(ISampleSet source, int[] indices) : ISampleSet
{
    public int Count => indices.Length;

    public int SampleFloats => source.SampleFloats;

    public int Label(int index) => source.Label(indices[index]);

    public void Read(int index, Span<float> target) => source.Read(indices[index], target);

    /// <summary>
    /// Splits samples into those to train on and those to judge by: of each class the share <paramref name="holdout"/>, at least
    /// one where the class has two or more, chosen by the seed.
    /// </summary>
    public static (SampleSubset Train, SampleSubset Holdout) Split(ISampleSet samples, double holdout, ulong seed)
    {
        var train = new List<int>();
        var kept = new List<int>();
        var random = new SeededRandom(seed);
        foreach (IGrouping<int, int> group in Enumerable.Range(0, samples.Count).GroupBy(samples.Label).OrderBy(g => g.Key))
        {
            int[] members = [.. group];
            random.Shuffle(members);
            int count = holdout <= 0 || members.Length < 2 ? 0 : Math.Clamp((int)Math.Round(members.Length * holdout), 1, members.Length - 1);
            kept.AddRange(members[..count]);
            train.AddRange(members[count..]);
        }
        train.Sort();
        kept.Sort();
        return (new SampleSubset(samples, [.. train]), new SampleSubset(samples, [.. kept]));
    }
}

/// <summary>Samples of two sets behind one another: new ones, and a replay buffer of old ones against forgetting.</summary>
public sealed class JoinedSamples(ISampleSet first, ISampleSet second) : ISampleSet
{
    public int Count => first.Count + second.Count;

    public int SampleFloats => first.SampleFloats;

    public int Label(int index) => index < first.Count ? first.Label(index) : second.Label(index - first.Count);

    public void Read(int index, Span<float> target)
    {
        if (index < first.Count)
        {
            first.Read(index, target);
        }
        else
        {
            second.Read(index - first.Count, target);
        }
    }
}
