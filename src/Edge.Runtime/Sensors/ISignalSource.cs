namespace Edge.Runtime.Sensors;

/// <summary>
/// A source of samples, read from its beginning in chunks of any size. One frame is one sample of every channel, taken at the
/// same time. A missing sample is NaN: gaps are data, they keep their length and never become zeros.
/// </summary>
public interface ISignalSource : IDisposable
{
    /// <summary>At least one.</summary>
    IReadOnlyList<ChannelInfo> Channels { get; }

    /// <summary>Frames per second, more than 0.</summary>
    double SampleRate { get; }

    /// <summary>Frames from start to end; null where that is not known ahead.</summary>
    long? Length { get; }

    /// <summary>Reads the next frames: interleaved, in the channels' units, NaN where there is no sample.</summary>
    /// <param name="frames">Room for whole frames; a rest that is smaller than a frame stays untouched.</param>
    /// <returns>Frames read, 0 at the end. Fewer than asked for does not mean the end.</returns>
    /// <exception cref="Diagnostics.EdgeException">The source fails or its content breaks a rule.</exception>
    int Read(Span<float> frames);
}

/// <summary>What one channel measures.</summary>
/// <param name="Name">For people: <c>MLII</c>, <c>ECG</c>; may be empty.</param>
/// <param name="Unit">Physical unit: <c>mV</c>.</param>
public sealed record ChannelInfo(string Name, string Unit)
{
    /// <summary>Millivolts per unit; null where the unit is no voltage.</summary>
    public float? Millivolts => Unit switch
    {
        "mV" or "mv" => 1,
        "uV" or "uv" or "\u00B5V" or "\u03BCV" => 1e-3f,
        "nV" or "nv" => 1e-6f,
        "V" or "v" => 1000,
        _ => null,
    };
}
