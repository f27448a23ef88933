namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// Meaning of an annotation in MIT format (PhysioNet, "Annotation codes"): the numbers are stored. Numbers that have no name here
/// are read and written as they are.
/// </summary>
public enum AnnotationCode
{
    NotBeat = 0,
    Normal = 1,
    LeftBundleBranchBlock = 2,
    RightBundleBranchBlock = 3,
    AberratedAtrialPremature = 4,
    PrematureVentricular = 5,
    Fusion = 6,
    NodalPremature = 7,
    AtrialPremature = 8,
    SupraventricularPremature = 9,
    VentricularEscape = 10,
    NodalEscape = 11,
    Paced = 12,
    Unclassifiable = 13,

    /// <summary>Change of signal quality. Bits 4 and 5 of the subtype: signals 0 and 1 are unreadable.</summary>
    SignalQuality = 14,

    Artifact = 16,
    StChange = 18,
    TWaveChange = 19,
    Systole = 20,
    Diastole = 21,
    Comment = 22,
    Measurement = 23,
    PWave = 24,
    BundleBranchBlock = 25,
    PacerSpike = 26,
    TWave = 27,
    RhythmChange = 28,
    UWave = 29,
    Learning = 30,
    FlutterWave = 31,
    FlutterStart = 32,
    FlutterEnd = 33,
    AtrialEscape = 34,
    SupraventricularEscape = 35,
    Link = 36,
    NonConductedPWave = 37,
    PacedFusion = 38,
    WaveOnset = 39,
    WaveEnd = 40,
    RonT = 41,
}

/// <summary>Facts about annotation codes.</summary>
public static class AnnotationCodes
{
    /// <summary>Largest code that the format can hold; higher numbers are marks of the format itself.</summary>
    public const int Most = 49;

    private static readonly string[] Symbols = MakeSymbols();

    /// <summary>Whether the annotation marks a QRS complex.</summary>
    public static bool IsBeat(AnnotationCode code) => code is
        (>= AnnotationCode.Normal and <= AnnotationCode.Unclassifiable)
        or AnnotationCode.BundleBranchBlock or AnnotationCode.Learning or AnnotationCode.FlutterWave
        or AnnotationCode.AtrialEscape or AnnotationCode.SupraventricularEscape or AnnotationCode.PacedFusion or AnnotationCode.RonT;

    /// <summary>The character that PhysioNet's programs print: <c>N</c>, <c>V</c>, <c>~</c>; the number where there is none.</summary>
    public static string Symbol(AnnotationCode code) => (int)code is >= 0 and <= Most ? Symbols[(int)code] : ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The beat annotation with this symbol; null where there is none.</summary>
    public static AnnotationCode? OfSymbol(string symbol)
    {
        int code = Array.IndexOf(Symbols, symbol);
        return code > 0 && IsBeat((AnnotationCode)code) ? (AnnotationCode)code : null;
    }

    private static string[] MakeSymbols()
    {
        string[] symbols =
        [
            " ", "N", "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", "[15]", "|", "[17]", "s", "T", "*", "D", "\"", "=", "p", "B", "^", "t", "+", "u",
            "?", "!", "[", "]", "e", "n", "@", "x", "f", "(", ")", "r",
        ];
        return [.. Enumerable.Range(0, Most + 1).Select(i => i < symbols.Length ? symbols[i] : $"[{i}]")];
    }
}
