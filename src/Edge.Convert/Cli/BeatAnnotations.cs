using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Convert.Cli;

/// <summary>The reference annotations of a WFDB record, paired with beats that the detector found.</summary>
internal static class BeatAnnotations
{
    /// <summary>Annotators that PhysioNet's databases name their reference beats by, the usual one first.</summary>
    private static readonly string[] Extensions = [".atr", ".ecg"];

    /// <summary>The annotation file beside a record; null where there is none.</summary>
    /// <param name="record">Path of a record, with or without .hea.</param>
    public static string? Find(string record)
    {
        string stem = Stem(record);
        return File.Exists($"{stem}.hea") ? Extensions.Select(e => stem + e).FirstOrDefault(File.Exists) : null;
    }

    /// <summary>What the annotators call the beats at the given samples: paired as <c>edge ecg score</c> does, within 150 ms; beats without a partner are left out.</summary>
    /// <param name="found">Samples of beats, ascending.</param>
    /// <param name="sampleRate">Of the signal in which they were found.</param>
    /// <exception cref="Edge.Runtime.Diagnostics.EdgeException">The annotations or the header cannot be read.</exception>
    public static IReadOnlyDictionary<long, AnnotationCode> Pair(string record, string annotations, IReadOnlyList<long> found, double sampleRate)
    {
        double frames = WfdbHeaderReader.Read($"{Stem(record)}.hea").FrameRate;
        double factor = sampleRate / frames;
        WfdbAnnotation[] reference = [.. WfdbAnnotationReader.Read(annotations).At(frames).Select(a => factor == 1 ? a : a with { Sample = (long)Math.Round(a.Sample * factor) })];
        var codes = reference.Where(a => AnnotationCodes.IsBeat(a.Code)).GroupBy(a => a.Sample).ToDictionary(g => g.Key, g => g.First().Code);
        IEnumerable<WfdbAnnotation> beats = found.Select(s => new WfdbAnnotation(s, AnnotationCode.Normal));
        return BeatComparison.Pairs(reference, beats, sampleRate).ToDictionary(p => p.Test, p => codes[p.Reference]);
    }

    private static string Stem(string record) => Path.GetExtension(record) == ".hea" ? Path.ChangeExtension(record, null) : record;
}
