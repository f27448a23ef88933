using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Streaming;

/// <summary>Signal quality as the words of the protocol.</summary>
public static class QualityWords
{
    private static readonly (SignalQuality Flag, string Word)[] Words =
    [
        (SignalQuality.Gap, "gap"), (SignalQuality.FlatLine, "flat_line"), (SignalQuality.Saturated, "saturated"), (SignalQuality.LeadOff, "lead_off"), (SignalQuality.Noisy, "noisy"),
    ];

    /// <summary><c>good</c> alone, or every problem.</summary>
    public static string[] Of(SignalQuality quality) =>
        quality == SignalQuality.Good ? ["good"] : [.. Words.Where(w => (quality & w.Flag) != 0).Select(w => w.Word)];
}
