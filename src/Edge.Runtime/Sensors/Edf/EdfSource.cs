using System.Buffers.Binary;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Edf;

/// <summary>
/// Signals of an EDF or EDF+ file in physical units, as a stream. Time between the records of a discontinuous file (EDF+D) is a
/// gap of NaN of the right length.
/// </summary>
public sealed class EdfSource : ISignalSource
{
    /// <summary>Longest gap between two records, in seconds.</summary>
    private const double LongestGap = 366.0 * 24 * 3600;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly int[] _signals;
    private readonly int[] _offsets;
    private readonly byte[] _record;
    private readonly int _annotationSignal;
    private readonly int _samplesPerRecord;
    private long _recordIndex;
    private int _next;
    private int _available;
    private long _gap;
    private long _position;
    private double _firstOnset;

    /// <param name="signals">Indices of the signals that become channels, all of one rate; none = all signals of the first one's rate.</param>
    /// <exception cref="EdgeException">The file cannot be read, breaks a rule, or the signals do not fit together.</exception>
    public EdfSource(string path, params ReadOnlySpan<int> signals)
    {
        _path = path;
        _file = RecordingFile.Open(path);
        try
        {
            Header = EdfHeaderReader.Read(_file);
            _signals = Choose(signals);
            _offsets = [.. Header.Signals.Select((_, i) => Header.Signals.Take(i).Sum(s => s.SamplesPerRecord) * sizeof(short))];
            _record = new byte[Header.RecordBytes];
            _annotationSignal = Header.Signals.ToList().FindIndex(s => s.IsAnnotation);
            Require(!Header.IsDiscontinuous || _annotationSignal >= 0, "a discontinuous file has no annotation signal with the times of its records");
            _samplesPerRecord = Header.Signals[_signals[0]].SamplesPerRecord;
            SampleRate = _samplesPerRecord / Header.RecordSeconds;
            Channels = [.. _signals.Select(s => new ChannelInfo(Header.Signals[s].Label, Header.Signals[s].Unit))];
        }
        catch (Exception exception)
        {
            _file.Dispose();
            throw exception is EdgeException edge ? edge.At(path) : RecordingFile.IsFileProblem(exception) ? RecordingFile.Unreadable(path, exception) : exception;
        }
    }

    public EdfHeader Header { get; }

    public IReadOnlyList<ChannelInfo> Channels { get; }

    public double SampleRate { get; }

    /// <summary>Null for discontinuous files: their gaps are known only when they are reached.</summary>
    public long? Length => Header.IsDiscontinuous ? null : Header.Records * _samplesPerRecord;

    /// <summary>All texts of an EDF+ file, in its order.</summary>
    /// <exception cref="EdgeException">The file cannot be read or breaks a rule of the format.</exception>
    public static IReadOnlyList<EdfAnnotation> ReadAnnotations(string path)
    {
        var annotations = new List<EdfAnnotation>();
        using FileStream file = RecordingFile.Open(path);
        try
        {
            EdfHeader header = EdfHeaderReader.Read(file);
            var record = new byte[header.RecordBytes];
            for (long r = 0; r < header.Records; r++)
            {
                file.ReadExactly(record);
                int at = 0;
                foreach (EdfSignal signal in header.Signals)
                {
                    int bytes = signal.SamplesPerRecord * sizeof(short);
                    if (signal.IsAnnotation)
                    {
                        TimedTexts.AddTo(annotations, record.AsSpan(at, bytes));
                    }
                    at += bytes;
                }
            }
            return annotations;
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unreadable(path, exception);
        }
    }

    public int Read(Span<float> frames)
    {
        int wanted = frames.Length / _signals.Length;
        int done = 0;
        while (done < wanted && (_gap > 0 || _next < _available || NextRecord()))
        {
            Span<float> rest = frames[(done * _signals.Length)..(wanted * _signals.Length)];
            int count;
            if (_gap > 0)
            {
                count = (int)Math.Min(_gap, wanted - done);
                rest[..(count * _signals.Length)].Fill(float.NaN);
                _gap -= count;
            }
            else
            {
                count = Math.Min(_available - _next, wanted - done);
                Convert(count, rest);
                _next += count;
            }
            done += count;
            _position += count;
        }
        return done;
    }

    public void Dispose() => _file.Dispose();

    private int[] Choose(ReadOnlySpan<int> signals)
    {
        IReadOnlyList<EdfSignal> all = Header.Signals;
        int first = signals.Length > 0 ? signals[0] : all.ToList().FindIndex(s => !s.IsAnnotation && s.SamplesPerRecord > 0);
        Require(first >= 0, "the file holds no signals, only annotations");
        int[] chosen = signals.Length > 0
            ? signals.ToArray()
            : [.. Enumerable.Range(0, all.Count).Where(i => !all[i].IsAnnotation && all[i].SamplesPerRecord == all[first].SamplesPerRecord)];
        foreach (int signal in chosen)
        {
            Require(signal >= 0 && signal < all.Count && !all[signal].IsAnnotation && all[signal].SamplesPerRecord > 0, $"there is no signal {signal} with samples among the {all.Count} of the file");
            Require(all[signal].SamplesPerRecord == all[first].SamplesPerRecord, $"the signals {first} and {signal} have different rates");
        }
        return chosen;
    }

    private void Convert(int count, Span<float> frames)
    {
        for (int c = 0; c < _signals.Length; c++)
        {
            EdfSignal signal = Header.Signals[_signals[c]];
            ReadOnlySpan<byte> samples = _record.AsSpan(_offsets[_signals[c]] + (_next * sizeof(short)));
            for (int i = 0; i < count; i++)
            {
                frames[(i * _signals.Length) + c] = (float)signal.ToPhysical(BinaryPrimitives.ReadInt16LittleEndian(samples[(i * sizeof(short))..]));
            }
        }
    }

    private bool NextRecord()
    {
        if (_recordIndex == Header.Records)
        {
            return false;
        }
        try
        {
            _file.ReadExactly(_record);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unreadable(_path, exception);
        }
        _next = 0;
        _available = _samplesPerRecord;
        if (Header.IsDiscontinuous)
        {
            FindGap();
        }
        _recordIndex++;
        return true;
    }

    /// <summary>The time between the end of the stream so far and the onset of the record.</summary>
    private void FindGap()
    {
        EdfSignal annotations = Header.Signals[_annotationSignal];
        double onset;
        try
        {
            onset = TimedTexts.RecordOnset(_record.AsSpan(_offsets[_annotationSignal], annotations.SamplesPerRecord * sizeof(short)), _recordIndex);
        }
        catch (EdgeException exception)
        {
            throw exception.At(_path);
        }
        if (_recordIndex == 0)
        {
            _firstOnset = onset;
            return;
        }
        double missing = onset - _firstOnset - (_position / SampleRate);
        double samples = Math.Round(missing * SampleRate);
        if (samples < 0 || missing > LongestGap)
        {
            throw new EdgeException(EdgeError.RecordingMalformed, $"data record {_recordIndex} starts at {onset} s, {missing:G6} s after the end of the one before", "check that it is a complete EDF+ file", _path);
        }
        _gap = (long)samples;
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.BadOption, problem, "choose other signals, or another file", _path);
        }
    }
}
