using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Convert.Cli;

/// <summary>
/// Which output of a beat classifier an annotated beat should be, by the model's labels: N, S, V, F and Q, or some of them, are the groups of ANSI/AAMI EC57
/// (<see cref="BeatClasses"/>); else, where every label is a WFDB symbol of a beat (N, L, R, A, V, /, ...), each stands for beats of that symbol alone.
/// </summary>
internal sealed class BeatLabels
{
    private readonly Func<AnnotationCode, int> _classOf;

    private BeatLabels(Func<AnnotationCode, int> classOf) => _classOf = classOf;

    /// <summary>Null where the labels follow neither rule.</summary>
    public static BeatLabels? Of(IReadOnlyList<string> labels)
    {
        string[] names = [.. labels];
        if (names.Length == 0 || names.Distinct(StringComparer.Ordinal).Count() < names.Length)
        {
            return null;
        }
        if (names.All(n => n is "N" or "S" or "V" or "F" or "Q"))
        {
            return new BeatLabels(code => Array.IndexOf(names, BeatClasses.Letters.Substring((int)BeatClasses.Of(code), 1)));
        }
        return names.All(n => AnnotationCodes.OfSymbol(n) is { } code && AnnotationCodes.IsBeat(code)) ? new BeatLabels(code => Array.IndexOf(names, AnnotationCodes.Symbol(code))) : null;
    }

    /// <summary>Index of the right output; -1 where the beat is not annotated, or of a class that the model does not tell.</summary>
    public int ClassOf(AnnotationCode? beat) => beat is { } code ? _classOf(code) : -1;
}
