namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>What the header file (<c>.hea</c>) of a WFDB record says; see <see cref="WfdbHeaderReader"/>.</summary>
public sealed record WfdbHeader
{
    /// <summary>Frames per second where the header does not say.</summary>
    public const double DefaultFrameRate = 250;

    /// <summary>Record name, without folder.</summary>
    public required string Name { get; init; }

    /// <summary>Frames per second.</summary>
    public double FrameRate { get; init; } = DefaultFrameRate;

    /// <summary>Frames per signal; 0 where the header does not say.</summary>
    public long Frames { get; init; }

    /// <summary>In the order of the header; signals of one file are neighbours.</summary>
    public required IReadOnlyList<WfdbSignal> Signals { get; init; }

    /// <summary>Comment lines without the leading #, in order.</summary>
    public IReadOnlyList<string> Comments { get; init; } = [];
}

/// <summary>One signal line of a header: where the samples are and what they mean.</summary>
public sealed record WfdbSignal
{
    /// <summary>Units of the converter per physical unit where the header does not say.</summary>
    public const double DefaultGain = 200;

    /// <summary>File name, in the folder of the header.</summary>
    public required string File { get; init; }

    /// <summary>Storage format: 16, 212, ...; see <see cref="SampleFormat"/>.</summary>
    public required int Format { get; init; }

    /// <summary>Samples of this signal in every frame, at least 1.</summary>
    public int SamplesPerFrame { get; init; } = 1;

    /// <summary>Frames by which the file's samples are late: sample i is at i + Skew.</summary>
    public int Skew { get; init; }

    /// <summary>Bytes before the first sample in the file.</summary>
    public long ByteOffset { get; init; }

    /// <summary>Units of the converter per physical unit, not 0.</summary>
    public double Gain { get; init; } = DefaultGain;

    /// <summary>The converter's value at 0 physical units.</summary>
    public int Baseline { get; init; }

    public string Unit { get; init; } = "mV";

    /// <summary>Bits of the converter; 0 where the header does not say.</summary>
    public int AdcResolution { get; init; }

    /// <summary>The converter's value in the middle of its range.</summary>
    public int AdcZero { get; init; }

    public int InitialValue { get; init; }

    /// <summary>Sum of all samples, modulo 2^16; null where the header does not say.</summary>
    public short? Checksum { get; init; }

    /// <summary>What is measured: <c>MLII</c>.</summary>
    public string Description { get; init; } = "";
}
