using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// Reads WFDB header files (PhysioNet, "header(5)"): a record line, a line per signal, comments. Records of several segments are
/// refused: their segments can be opened one by one.
/// </summary>
public static class WfdbHeaderReader
{
    /// <summary>Largest header file, in bytes.</summary>
    private const int MaxBytes = 1 << 20;

    private const int MaxSignals = 1024;
    private const int MaxSamplesPerFrame = 1 << 16;
    private const int MaxSkew = 1 << 16;
    private const int MaxBuffered = 1 << 22;
    private const long MaxFrames = 1L << 40;

    /// <param name="path">The header file.</param>
    /// <exception cref="EdgeException">The file cannot be read or breaks a rule of the format.</exception>
    public static WfdbHeader Read(string path)
    {
        try
        {
            return Parse(RecordingFile.ReadAllBytes(path, MaxBytes));
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
    }

    /// <param name="bytes">Content of the header file.</param>
    /// <exception cref="EdgeException">The text breaks a rule of the format; the message names the line.</exception>
    public static WfdbHeader Parse(ReadOnlySpan<byte> bytes)
    {
        string[] lines = Encoding.Latin1.GetString(bytes).Split('\n');
        WfdbHeader? record = null;
        int count = 0;
        var signals = new List<WfdbSignal>();
        var comments = new List<string>();
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.StartsWith('#'))
            {
                comments.Add(line[1..].Trim());
                continue;
            }
            if (line.Length == 0)
            {
                continue;
            }
            var fields = new HeaderFields(line, i + 1);
            if (record is null)
            {
                (record, count) = RecordLine(ref fields);
            }
            else if (signals.Count < count)
            {
                signals.Add(SignalLine(ref fields));
            }
        }
        if (record is null)
        {
            throw new EdgeException(EdgeError.RecordingMalformed, "the header has no record line", "check that the file is a WFDB header (.hea)");
        }
        if (signals.Count < count)
        {
            throw new EdgeException(EdgeError.RecordingMalformed, $"the header names {count} signals and describes {signals.Count}", "copy the whole header");
        }
        RequireGroups(signals);
        return record with { Signals = signals, Comments = comments };
    }

    /// <summary>name[/segments] signals [rate[/counter rate[(base)]] [frames [time [date]]]]</summary>
    private static (WfdbHeader Record, int Signals) RecordLine(ref HeaderFields fields)
    {
        string name = fields.Word("record name");
        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw new EdgeException(EdgeError.RecordingUnsupported, $"'{name}' is a record of several segments", "open its segments one by one");
        }
        int count = (int)fields.Integer("number of signals", 0, MaxSignals);
        double rate = WfdbHeader.DefaultFrameRate;
        long frames = 0;
        if (fields.TryWord(out string rates))
        {
            rate = fields.Number("sampling frequency", rates.Split('/')[0]);
            if (!(rate > 0) || rate > 1e9)
            {
                throw fields.Bad("sampling frequency", rates, "a number above 0");
            }
        }
        if (fields.TryWord(out string length))
        {
            frames = fields.Integer("number of samples", length, 0, MaxFrames);
        }
        return (new WfdbHeader { Name = name, FrameRate = rate, Frames = frames, Signals = [] }, count);
    }

    /// <summary>file format[xN][:skew][+offset] [gain[(baseline)][/unit] [resolution [zero [initial [checksum [block [description]]]]]]]</summary>
    private static WfdbSignal SignalLine(ref HeaderFields fields)
    {
        string file = fields.Word("file name");
        WfdbSignal signal = FormatField(ref fields, fields.Word("format"), file);
        int? baseline = null;
        if (fields.TryWord(out string gain))
        {
            (signal, baseline) = GainField(ref fields, gain, signal);
        }
        int resolution = fields.OptionalInteger("ADC resolution", 0, 64) ?? 0;
        int zero = fields.OptionalInteger("ADC zero", int.MinValue, int.MaxValue) ?? 0;
        int initial = fields.OptionalInteger("initial value", int.MinValue, int.MaxValue) ?? zero;
        int? checksum = fields.OptionalInteger("checksum", short.MinValue, ushort.MaxValue);
        _ = fields.OptionalInteger("block size", int.MinValue, int.MaxValue);
        return signal with
        {
            AdcResolution = resolution,
            AdcZero = zero,
            Baseline = baseline ?? zero,
            InitialValue = initial,
            Checksum = (short?)checksum,
            Description = fields.Rest(),
        };
    }

    private static WfdbSignal FormatField(ref HeaderFields fields, string word, string file)
    {
        int end = DigitsEnd(word, 0);
        int format = (int)fields.Integer("format", word[..end], 0, 1000);
        SampleFormat.Require(format);
        int samples = 1;
        int skew = 0;
        long offset = 0;
        while (end < word.Length)
        {
            char mark = word[end];
            int next = DigitsEnd(word, end + 1);
            string digits = word[(end + 1)..next];
            switch (mark)
            {
                case 'x': samples = (int)fields.Integer("samples per frame", digits, 1, MaxSamplesPerFrame); break;
                case ':': skew = (int)fields.Integer("skew", digits, 0, MaxSkew); break;
                case '+': offset = fields.Integer("byte offset", digits, 0, long.MaxValue); break;
                default: throw fields.Bad("format", word, "a number with x, : and + fields");
            }
            end = next;
        }
        return new WfdbSignal { File = file, Format = format, SamplesPerFrame = samples, Skew = skew, ByteOffset = offset };
    }

    private static (WfdbSignal Signal, int? Baseline) GainField(ref HeaderFields fields, string word, WfdbSignal signal)
    {
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        string unit = slash >= 0 ? word[(slash + 1)..] : signal.Unit;
        string number = slash >= 0 ? word[..slash] : word;
        int? baseline = null;
        int open = number.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0)
        {
            if (!number.EndsWith(')'))
            {
                throw fields.Bad("gain", word, "gain(baseline)/unit");
            }
            baseline = (int)fields.Integer("baseline", number[(open + 1)..^1], int.MinValue, int.MaxValue);
            number = number[..open];
        }
        double gain = fields.Number("gain", number);
        return (signal with { Gain = gain == 0 ? WfdbSignal.DefaultGain : gain, Unit = unit.Length > 0 ? unit : signal.Unit }, baseline);
    }

    private static int DigitsEnd(string word, int start)
    {
        while (start < word.Length && char.IsAsciiDigit(word[start]))
        {
            start++;
        }
        return start;
    }

    /// <summary>Signals of one file are neighbours, and share format and offset; frames and delay lines fit into memory.</summary>
    private static void RequireGroups(List<WfdbSignal> signals)
    {
        long frame = signals.Sum(s => (long)s.SamplesPerFrame);
        long delayed = frame * (signals.Select(s => s.Skew).DefaultIfEmpty().Max() + 1);
        if (delayed > MaxBuffered)
        {
            throw new EdgeException(EdgeError.TooLarge, $"a frame of {frame} samples and the largest skew need a buffer of {delayed} samples, at most {MaxBuffered} are supported", "check samples per frame and skew");
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < signals.Count; i++)
        {
            bool continues = i > 0 && signals[i].File == signals[i - 1].File;
            if (!continues && !seen.Add(signals[i].File) && signals[i].Format != SampleFormat.Null)
            {
                throw new EdgeException(EdgeError.RecordingMalformed, $"signals of the file '{signals[i].File}' are not neighbours in the header", "reorder the header's lines");
            }
            if (continues && (signals[i].Format != signals[i - 1].Format || signals[i].ByteOffset != signals[i - 1].ByteOffset))
            {
                throw new EdgeException(
                    EdgeError.RecordingMalformed,
                    string.Create(CultureInfo.InvariantCulture, $"signals {i - 1} and {i} share the file '{signals[i].File}' but have the formats {signals[i - 1].Format}+{signals[i - 1].ByteOffset} and {signals[i].Format}+{signals[i].ByteOffset}"),
                    "all signals of a file have one format and offset");
            }
        }
    }
}
