using System.Globalization;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;

namespace Edge.Serve.Sinks;

/// <summary>
/// Records ECG streams as WFDB or EDF+, samples in microvolts, beats as annotations. A record per stream and start of the daemon; it can be
/// read while it grows. Samples wait for the disk up to 30 s; then they become missing ones, and are counted. A record that cannot be
/// written any more is given up, what it did not take is counted, and a new one begins as soon as that works: so what stands
/// in a record stands at the right time.
/// </summary>
internal sealed class RecordingSink : ResultSink
{
    private const double BufferSeconds = 30;

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Func<RecordStart, IRecord> _open;
    private readonly Dictionary<string, Recording> _recordings = [];
    private readonly float[] _chunk = new float[4096];
    private readonly string _extension;

    /// <param name="rates">Streams to be recorded, and their rates.</param>
    /// <param name="open">Opens a record; null = as the configuration says.</param>
    /// <exception cref="EdgeException">The folder or a file cannot be made.</exception>
    public RecordingSink(SinkConfig config, string name, TimeProvider time, IEnumerable<(string Stream, double Rate)> rates, Func<RecordStart, IRecord>? open = null)
        : base(config, name)
    {
        _folder = config.Path!;
        _time = time;
        _extension = config.Format == "edf" ? ".edf" : ".hea";
        _open = open ?? (config.Format == "edf" ? start => new EdfRecord(start) : start => new WfdbRecord(start));
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.SinkFailed, $"the folder cannot be made: {exception.Message}", "check the path and the permissions", _folder, exception);
        }
        foreach ((string stream, double rate) in rates.Where(r => Wants(r.Stream)))
        {
            _recordings.Add(stream, new Recording(stream, rate, new SampleRing((int)(BufferSeconds * rate))) { Target = Begin(stream, rate) });
        }
    }

    public override long Dropped => base.Dropped + _recordings.Values.Sum(r => r.Ring.Dropped + Interlocked.Read(ref r.Lost));

    public override void OnSamples(string stream, long position, ReadOnlySpan<float> samples)
    {
        if (_recordings.TryGetValue(stream, out Recording? recording))
        {
            recording.Ring.Write(samples, mayWait: false);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (Recording recording in _recordings.Values)
        {
            recording.Ring.Close();
            try
            {
                Drain(recording);
                recording.Target?.Dispose();
            }
            catch (Exception exception) when (exception is EdgeException or IOException)
            {
                Problem = exception.Message;
            }
        }
    }

    protected override void Write(StreamResult result)
    {
        if (result.Beat is { } beat && _recordings.TryGetValue(result.Stream, out Recording? recording) && beat.Sample >= recording.Start)
        {
            recording.Target?.WriteBeat(beat.Sample - recording.Start);
        }
    }

    protected override void Rest()
    {
        foreach (Recording recording in _recordings.Values)
        {
            Drain(recording);
        }
    }

    private IRecord Begin(string stream, double rate)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return _open(new RecordStart(FreeStem($"{stream}-{now.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture)}"), rate, stream, now));
    }

    /// <summary>A clock that was set back, or that starts anew with the device, must not cost an older record.</summary>
    private string FreeStem(string name)
    {
        string stem = Path.Combine(_folder, name);
        string free = stem;
        for (int i = 2; File.Exists(free + _extension); i++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
        }
        return free;
    }

    /// <exception cref="EdgeException">The samples could not be written, or no new record could be begun.</exception>
    private void Drain(Recording recording)
    {
        while (recording.Ring.Count > 0)
        {
            int count = recording.Ring.Read(_chunk, out _);
            recording.Taken += count;
            try
            {
                if (recording.Target is null)
                {
                    recording.Start = recording.Taken - count;
                    recording.Target = Begin(recording.Stream, recording.Rate);
                }
                recording.Target.Write(_chunk.AsSpan(0, count));
            }
            catch (EdgeException)
            {
                Interlocked.Add(ref recording.Lost, count);
                GiveUp(recording);
                throw;
            }
        }
    }

    private static void GiveUp(Recording recording)
    {
        try
        {
            recording.Target?.Dispose();
        }
        catch (Exception exception) when (exception is EdgeException or IOException)
        {
            // The disk that refused the samples refuses the end of the record too: what was written before can be read.
        }
        recording.Target = null;
    }

    /// <param name="ring">Samples that wait for the disk.</param>
    private sealed class Recording(string stream, double rate, SampleRing ring)
    {
        /// <summary>Samples that a record did not take.</summary>
        public long Lost;

        public string Stream => stream;

        public double Rate => rate;

        public SampleRing Ring => ring;

        /// <summary>The record that grows; null where the last one failed.</summary>
        public IRecord? Target { get; set; }

        /// <summary>The sample of the stream with which the record begins.</summary>
        public long Start { get; set; }

        /// <summary>Samples of the stream that came so far.</summary>
        public long Taken { get; set; }
    }
}
