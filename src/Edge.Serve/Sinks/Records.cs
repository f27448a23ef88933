using Edge.Runtime.Sensors.Edf;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Serve.Sinks;

/// <summary>How a record begins.</summary>
/// <param name="Stem">Path without extension.</param>
/// <param name="Rate">Samples per second.</param>
internal sealed record RecordStart(string Stem, double Rate, string Stream, DateTimeOffset Time);

/// <summary>A recording of one ECG that grows. What goes wrong is an EdgeException.</summary>
internal interface IRecord : IDisposable
{
    /// <summary>Appends samples in mV; NaN where there is none.</summary>
    void Write(ReadOnlySpan<float> samples);

    /// <summary>Adds a beat.</summary>
    /// <param name="sample">Its R peak, in samples since the start; not before that of the beat before.</param>
    void WriteBeat(long sample);
}

/// <summary>WFDB: samples in format 16 at 1 microvolt per unit, beats in .qrs.</summary>
internal sealed class WfdbRecord(RecordStart start) : IRecord
{
    /// <summary>Units per mV.</summary>
    private const double Gain = 1000;

    private readonly WfdbWriter _signal = new(start.Stem, start.Rate, [new WfdbSignal { File = "", Format = 16, Gain = Gain, Description = start.Stream }]);
    private readonly WfdbAnnotationWriter _annotations = new(start.Stem + ".qrs");

    public void Write(ReadOnlySpan<float> samples) => _signal.Write(samples);

    public void WriteBeat(long sample) => _annotations.Write(new WfdbAnnotation(sample, AnnotationCode.Normal));

    public void Dispose()
    {
        _signal.Dispose();
        _annotations.Dispose();
    }
}

/// <summary>EDF+: one file with samples and annotations, beats as the text N.</summary>
internal sealed class EdfRecord(RecordStart start) : IRecord
{
    private readonly EdfWriter _file = new(start.Stem + ".edf", start.Rate, "ECG", "mV", start.Time);

    public void Write(ReadOnlySpan<float> samples) => _file.Write(samples);

    public void WriteBeat(long sample) => _file.Annotate(sample / start.Rate, "N");

    public void Dispose() => _file.Dispose();
}
