namespace Edge.Runtime.Signals.Ecg;

/// <summary>What is wrong with a signal; several at once are possible.</summary>
[Flags]
public enum SignalQuality
{
    Good = 0,

    /// <summary>Samples are missing.</summary>
    Gap = 1,

    /// <summary>No change beyond the converter's noise.</summary>
    FlatLine = 2,

    /// <summary>The converter is at an end of its range.</summary>
    Saturated = 4,

    /// <summary>An electrode is off.</summary>
    LeadOff = 8,

    /// <summary>Fast noise, from muscles or the mains, in which beats may drown.</summary>
    Noisy = 16,
}

/// <summary>What <see cref="SignalQualityMonitor"/> compares with, in millivolts and seconds.</summary>
public sealed record SignalQualityLimits
{
    /// <summary>The converter's range; samples at or beyond are saturated. Infinite where it is not known.</summary>
    public float Lowest { get; init; } = float.NegativeInfinity;

    public float Highest { get; init; } = float.PositiveInfinity;

    /// <summary>A signal that moves less than this, peak to peak, is flat.</summary>
    public float FlatPeakToPeak { get; init; } = 0.02f;

    /// <summary>A signal with more noise above 40 Hz than this, root mean square, is noisy.</summary>
    public float NoiseRms { get; init; } = 0.1f;

    /// <summary>Part of the last second that may be saturated.</summary>
    public float SaturatedShare { get; init; } = 0.1f;
}
