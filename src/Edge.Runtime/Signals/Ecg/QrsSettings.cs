namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// The constants of <see cref="QrsDetector"/>: one set for every signal. Times in seconds, levels in millivolts, scores in
/// natural logarithms. docs/ecg.md tells how they were chosen.
/// </summary>
internal sealed record QrsSettings
{
    public static QrsSettings Default { get; } = new();

    /// <summary>Centre in Hz and width of the filter in which QRS complexes stand out.</summary>
    public double Frequency { get; init; } = 12;

    public double Sigma { get; init; } = 0.035;

    /// <summary>The same for the sharpness of a wave: QRS complexes have it, P and T waves have not.</summary>
    public double SharpFrequency { get; init; } = 22;

    public double SharpSigma { get; init; } = 0.025;

    /// <summary>The sharpest point is looked for this far around a candidate.</summary>
    public double SharpReach { get; init; } = 0.05;

    /// <summary>A candidate is the highest level within this distance on both sides.</summary>
    public double Separation { get; init; } = 0.07;

    /// <summary>Lower levels are never candidates.</summary>
    public double LeastLevel { get; init; } = 0.015;

    /// <summary>A candidate is decided when candidates up to this much later are known.</summary>
    public double LookAhead { get; init; } = 0.4;

    /// <summary>Score per e-fold of level above the threshold.</summary>
    public double LevelWeight { get; init; } = 2;

    /// <summary>Where the threshold lies between the level of beats (0) and that of other candidates (1).</summary>
    public double NoiseShare { get; init; } = 0.5;

    /// <summary>Added to the logarithm of level over threshold.</summary>
    public double Bias { get; init; } = 0.3;

    /// <summary>Score per e-fold of sharpness above that of recent beats.</summary>
    public double SharpWeight { get; init; } = 0.5;

    public double MostScore { get; init; } = 2.5;

    public double LeastScore { get; init; } = -5;

    /// <summary>Beats are never closer.</summary>
    public double Refractory { get; init; } = 0.23;

    /// <summary>Intervals below this part of the usual one cost up to <see cref="ShortCost"/>.</summary>
    public double ShortInterval { get; init; } = 0.6;

    public double ShortCost { get; init; } = 2;

    /// <summary>Intervals above this multiple of the usual one cost <see cref="LongCost"/> per e-fold.</summary>
    public double LongInterval { get; init; } = 1.4;

    public double LongCost { get; init; } = 2.5;

    /// <summary>Of two candidates closer than this, the blunter one may be the other's T or P wave.</summary>
    public double WaveTime { get; init; } = 0.4;

    /// <summary>The later one costs <see cref="TWaveCost"/> per e-fold that its sharpness is below this part of the earlier one's.</summary>
    public double TWaveSharpness { get; init; } = 0.8;

    public double TWaveCost { get; init; } = 3.5;

    /// <summary>The same for the earlier one.</summary>
    public double PWaveSharpness { get; init; } = 0.6;

    public double PWaveCost { get; init; } = 3;

    /// <summary>Part by which a beat raises the usual level and sharpness, and by which it lowers them.</summary>
    public double RiseRate { get; init; } = 0.3;

    public double FallRate { get; init; } = 0.15;

    /// <summary>Part by which a beat lengthens the usual interval, and by which it shortens it.</summary>
    public double LengthenRate { get; init; } = 0.2;

    public double ShortenRate { get; init; } = 0.1;

    /// <summary>Part by which another candidate moves the noise level.</summary>
    public double NoiseRate { get; init; } = 0.1;

    /// <summary>Lowest noise level.</summary>
    public double NoiseFloor { get; init; } = 0.03;

    /// <summary>After this long without a beat the usual level sinks ...</summary>
    public double Patience { get; init; } = 2;

    /// <summary>... by so many e-folds per second.</summary>
    public double SinkRate { get; init; } = 0.3;
}
