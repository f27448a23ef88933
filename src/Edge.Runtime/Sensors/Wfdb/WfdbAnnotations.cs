namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>The content of an annotation file.</summary>
/// <param name="Items">In the order of the file.</param>
/// <param name="SampleRate">Samples per second of the annotator, where the file says so; else they are the record's frames.</param>
public sealed record WfdbAnnotations(IReadOnlyList<WfdbAnnotation> Items, double? SampleRate = null)
{
    /// <summary>The annotations, placed on the nearest sample of another rate.</summary>
    /// <param name="sampleRate">The record's frames per second, more than 0.</param>
    public IReadOnlyList<WfdbAnnotation> At(double sampleRate)
    {
        double factor = sampleRate / (SampleRate ?? sampleRate);
        return factor == 1 ? Items : [.. Items.Select(a => a with { Sample = (long)Math.Floor((a.Sample * factor) + 0.5) })];
    }
}
