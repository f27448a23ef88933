using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Edf;

/// <summary>
/// Reads the header of EDF and EDF+ files (B. Kemp et al., Electroenceph. Clin. Neurophysiol. 82:391-393, 1992; B. Kemp and
/// J. Olivan, Clin. Neurophysiol. 114:1755-1761, 2003): fixed fields of ASCII text.
/// </summary>
internal ref struct EdfHeaderReader
{
    private const int FixedBytes = 256;
    private const int MaxSignals = 1024;

    /// <summary>Largest data record. The format recommends at most 61,440 bytes.</summary>
    private const int MaxRecordBytes = 1 << 26;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    private EdfHeaderReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
    }

    /// <param name="file">At its start.</param>
    /// <exception cref="EdgeException">The header breaks a rule of the format.</exception>
    public static EdfHeader Read(Stream file)
    {
        var start = new byte[FixedBytes];
        RequireBytes(file, start);
        int count = new EdfHeaderReader(start.AsSpan(252)).Integer(4, "number of signals", 1, MaxSignals);
        var all = new byte[FixedBytes * (count + 1)];
        start.CopyTo(all, 0);
        RequireBytes(file, all.AsSpan(FixedBytes));
        return new EdfHeaderReader(all).Parse(count, file.Length);
    }

    private static void RequireBytes(Stream file, Span<byte> target)
    {
        int read = file.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length)
        {
            throw Bad($"the file ends within the header, which has {target.Length} bytes more", "copy the whole file");
        }
    }

    private static EdgeException Bad(string problem, string remedy = "check that it is an EDF or EDF+ file") => new(EdgeError.RecordingMalformed, problem, remedy);

    private EdfHeader Parse(int count, long fileBytes)
    {
        string version = Text(8);
        if (version != "0")
        {
            throw Bad($"the version is '{version}', expected 0");
        }
        string patient = Text(80);
        string recording = Text(80);
        _at += 16; // start date and time
        int bytes = Integer(8, "header size", 0, int.MaxValue);
        string kind = Text(44);
        long records = Integer(8, "number of data records", -1, int.MaxValue);
        double seconds = Number(8, "duration of a data record");
        _at += 4;
        if (bytes != _bytes.Length)
        {
            throw Bad($"the header says it has {bytes} bytes, {count} signals need {_bytes.Length}");
        }
        EdfSignal[] signals = Signals(count);
        bool onlyAnnotations = signals.All(s => s.IsAnnotation);
        if (!(seconds > 0 || (seconds == 0 && onlyAnnotations)) || seconds > 1e6)
        {
            throw Bad($"a data record lasts {seconds} s, expected more than 0");
        }
        long recordBytes = signals.Sum(s => (long)s.SamplesPerRecord) * sizeof(short);
        if (recordBytes is <= 0 or > MaxRecordBytes)
        {
            throw Bad($"a data record has {recordBytes} bytes, expected 2 to {MaxRecordBytes}");
        }
        long held = (fileBytes - bytes) / recordBytes;
        if (records > held)
        {
            throw Bad($"the header promises {records} data records, the file holds {held}", "copy the whole file");
        }
        return new EdfHeader
        {
            Patient = patient,
            Recording = recording,
            IsDiscontinuous = kind.StartsWith("EDF+D", StringComparison.Ordinal),
            Bytes = bytes,
            RecordSeconds = seconds,
            Records = records < 0 ? held : records,
            Signals = signals,
        };
    }

    private EdfSignal[] Signals(int count)
    {
        string[] labels = Column(count, 16);
        _at += 80 * count; // transducers
        string[] units = Column(count, 8);
        double[] physicalMin = Numbers(count, "physical minimum");
        double[] physicalMax = Numbers(count, "physical maximum");
        int[] digitalMin = Integers(count, "digital minimum", short.MinValue, short.MaxValue);
        int[] digitalMax = Integers(count, "digital maximum", short.MinValue, short.MaxValue);
        _at += 80 * count; // prefiltering
        int[] samples = Integers(count, "number of samples in a data record", 0, MaxRecordBytes / sizeof(short));
        var signals = new EdfSignal[count];
        for (int i = 0; i < count; i++)
        {
            if (labels[i] != EdfSignal.AnnotationLabel && (digitalMin[i] >= digitalMax[i] || physicalMin[i] == physicalMax[i]))
            {
                throw Bad($"signal {i} '{labels[i]}' maps {digitalMin[i]}..{digitalMax[i]} to {physicalMin[i]}..{physicalMax[i]}, expected a range that is not empty");
            }
            signals[i] = new EdfSignal(labels[i], units[i], physicalMin[i], physicalMax[i], digitalMin[i], digitalMax[i], samples[i]);
        }
        return signals;
    }

    private string[] Column(int count, int width)
    {
        var texts = new string[count];
        for (int i = 0; i < count; i++)
        {
            texts[i] = Text(width);
        }
        return texts;
    }

    private double[] Numbers(int count, string what)
    {
        var numbers = new double[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = Number(8, $"{what} of signal {i}");
        }
        return numbers;
    }

    private int[] Integers(int count, string what, int least, int most)
    {
        var numbers = new int[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = Integer(8, $"{what} of signal {i}", least, most);
        }
        return numbers;
    }

    private string Text(int width)
    {
        string text = Encoding.Latin1.GetString(_bytes.Slice(_at, width)).Trim(' ', '\0');
        _at += width;
        return text;
    }

    private int Integer(int width, string what, int least, int most)
    {
        string text = Text(width);
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw Bad($"the {what} is '{text}', expected an integer from {least} to {most}");
    }

    private double Number(int width, string what)
    {
        string text = Text(width);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw Bad($"the {what} is '{text}', expected a number");
    }
}
