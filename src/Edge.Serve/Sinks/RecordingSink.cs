using System.Globalization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;

namespace Edge.Serve.Sinks;

/// <summary>
/// Records ECG streams as WFDB: samples in format 16 at 1 microvolt per unit, beats as annotations (.qrs). A record per stream and start of
/// the daemon; it can be read while it grows. Samples wait for the disk up to 30 s; then they become missing ones, and are counted.
/// </summary>
internal sealed class RecordingSink : ResultSink
{
    private const double BufferSeconds = 30;

    /// <summary>Units per mV.</summary>
    private const double Gain = 1000;

    private readonly Dictionary<string, Record> _records = [];

    /// <param name="rates">Streams to be recorded, and their rates.</param>
    /// <exception cref="EdgeException">The folder or a file cannot be made.</exception>
    public RecordingSink(SinkConfig config, string name, TimeProvider time, IEnumerable<(string Stream, double Rate)> rates)
        : base(config, name)
    {
        try
        {
            Directory.CreateDirectory(config.Path!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.SinkFailed, $"the folder cannot be made: {exception.Message}", "check the path and the permissions", config.Path, exception);
        }
        string start = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
        foreach ((string stream, double rate) in rates.Where(r => Wants(r.Stream)))
        {
            _records.Add(stream, new Record(FreeStem(Path.Combine(config.Path!, $"{stream}-{start}")), rate, stream));
        }
    }

    public override long Dropped => base.Dropped + _records.Values.Sum(r => r.Ring.Dropped);

    public override void OnSamples(string stream, long position, ReadOnlySpan<float> samples)
    {
        if (_records.TryGetValue(stream, out Record? record))
        {
            record.Ring.Write(samples, mayWait: false);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (Record record in _records.Values)
        {
            record.Ring.Close();
            Drain(record);
            record.Dispose();
        }
    }

    protected override void Write(StreamResult result)
    {
        if (result.Beat is { } beat && _records.TryGetValue(result.Stream, out Record? record))
        {
            record.Annotations.Write(new WfdbAnnotation(beat.Sample, AnnotationCode.Normal));
        }
    }

    protected override void Rest()
    {
        foreach (Record record in _records.Values)
        {
            while (record.Ring.Count > 0)
            {
                Drain(record);
            }
        }
    }

    /// <summary>A clock that was set back, or that starts anew with the device, must not cost an older record.</summary>
    private static string FreeStem(string stem)
    {
        string free = stem;
        for (int i = 2; File.Exists(free + ".hea"); i++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
        }
        return free;
    }

    private static void Drain(Record record)
    {
        var chunk = new float[4096];
        int count = record.Ring.Read(chunk, out _);
        if (count > 0)
        {
            record.Signal.Write(chunk.AsSpan(0, count));
        }
    }

    private sealed class Record : IDisposable
    {
        public Record(string stem, double rate, string stream)
        {
            Ring = new SampleRing((int)(BufferSeconds * rate));
            Signal = new WfdbWriter(stem, rate, [new WfdbSignal { File = "", Format = 16, Gain = Gain, Description = stream }]);
            Annotations = new WfdbAnnotationWriter(stem + ".qrs");
        }

        public SampleRing Ring { get; }

        public WfdbWriter Signal { get; }

        public WfdbAnnotationWriter Annotations { get; }

        public void Dispose()
        {
            Signal.Dispose();
            Annotations.Dispose();
        }
    }
}
