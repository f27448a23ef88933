namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// The last samples of a stream, always as one contiguous span: each value is stored twice, one capacity apart.
/// </summary>
internal sealed class SampleHistory
{
    private readonly float[] _values;
    private readonly int _capacity;

    /// <param name="length">Samples that are kept, at least 1.</param>
    public SampleHistory(int length)
    {
        _capacity = length;
        _values = new float[2 * length];
    }

    /// <summary>Samples appended so far; sample i is kept while i &gt;= Count - length.</summary>
    public long Count { get; private set; }

    /// <summary>Sample <paramref name="index"/>, which is still kept.</summary>
    public float this[long index] => _values[(int)(index % _capacity)];

    public void Append(float value)
    {
        int at = (int)(Count % _capacity);
        _values[at] = value;
        _values[at + _capacity] = value;
        Count++;
    }

    /// <summary><paramref name="length"/> samples from <paramref name="first"/> on, all still kept.</summary>
    public ReadOnlySpan<float> Span(long first, int length)
    {
        int at = (int)(first % _capacity);
        return _values.AsSpan(at, length);
    }
}
