using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Edf;

/// <summary>
/// Writes one signal with annotations as EDF+ (B. Kemp and J. Olivan, Clin. Neurophysiol. 114:1755-1761, 2003) while it grows: until
/// it is closed the header leaves the number of data records open, and readers take what the file holds. Samples are stored in
/// thousandths of the unit. The format knows no missing samples: they become -32768, which is below the digital minimum of -32767, so
/// that no reader can take them for a voltage; <see cref="EdfSource"/> gives them back as NaN. Annotations may come later than their samples.
/// </summary>
public sealed class EdfWriter : IDisposable
{
    /// <summary>What a missing sample is stored as.</summary>
    public const short Missing = short.MinValue;

    private const int HeaderBytes = 256 * 3;
    private const int RecordsField = 236;
    private const int Most = short.MaxValue;
    private const double UnitsPerPhysical = 1000;
    private const int LongestRecord = 60;
    private const int AnnotationBytesPerSecond = 128;

    private readonly string _path;
    private readonly GrowingFile _file;
    private readonly byte[] _record;
    private readonly int _samples;
    private readonly int _seconds;
    private readonly Queue<(double Onset, string Text)> _annotations = new();
    private long _records;
    private int _count;

    /// <summary>Creates or replaces a file.</summary>
    /// <param name="sampleRate">In Hz; some whole number of seconds up to 60 holds a whole number of samples.</param>
    /// <param name="label">Name of the signal, up to 16 characters of ASCII.</param>
    /// <param name="unit">Up to 8 characters; samples lie within 32.767 of it, beyond they are clipped.</param>
    /// <param name="start">When the first sample was taken.</param>
    /// <exception cref="EdgeException">A field cannot be written, or the file cannot be created.</exception>
    public EdfWriter(string path, double sampleRate, string label, string unit, DateTimeOffset start)
    {
        _path = path;
        Require(sampleRate is > 0 and <= 1e5, $"the rate is {sampleRate} Hz, expected more than 0 to 100000");
        _seconds = Enumerable.Range(1, LongestRecord).FirstOrDefault(s => Math.Abs((sampleRate * s) - Math.Round(sampleRate * s)) < 1e-6 && sampleRate * s >= 0.5);
        Require(_seconds > 0, $"at {sampleRate} Hz no data record of up to {LongestRecord} s holds a whole number of samples");
        Require(label.Length is > 0 and <= 16 && Ascii.IsValid(label) && unit.Length <= 8 && Ascii.IsValid(unit), $"the label '{label}' or the unit '{unit}' cannot be written");
        _samples = (int)Math.Round(sampleRate * _seconds);
        _record = new byte[(_samples * sizeof(short)) + (AnnotationBytesPerSecond * _seconds)];
        _file = new GrowingFile(path);
        _file.Write(Encoding.ASCII.GetBytes(Header(label, unit, start)));
    }

    /// <summary>Samples that were beyond the range.</summary>
    public long Clipped { get; private set; }

    /// <summary>Appends samples; NaN where there is none.</summary>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public void Write(ReadOnlySpan<float> samples)
    {
        foreach (float sample in samples)
        {
            BinaryPrimitives.WriteInt16LittleEndian(_record.AsSpan(_count++ * sizeof(short)), ToDigital(sample));
            if (_count == _samples)
            {
                WriteRecord();
            }
        }
    }

    /// <summary>Adds a text; it is written with the next data record that has room.</summary>
    /// <param name="onset">Seconds since the first sample, 0 or more.</param>
    public void Annotate(double onset, string text) => _annotations.Enqueue((Math.Max(0, onset), text));

    /// <summary>
    /// Fills the last data record with missing samples, writes what waits and the number of records, and closes the file. After a write that
    /// failed the number stays open: the recording holds what the file holds.
    /// </summary>
    public void Dispose() => _file.Close(() =>
    {
        while (_count > 0 || _annotations.Count > 0)
        {
            for (; _count < _samples; _count++)
            {
                BinaryPrimitives.WriteInt16LittleEndian(_record.AsSpan(_count * sizeof(short)), Missing);
            }
            WriteRecord();
        }
        _file.WriteAt(RecordsField, Encoding.ASCII.GetBytes(Field(_records, 8)));
    });

    private static string Field(IFormattable value, int width) => value.ToString(null, CultureInfo.InvariantCulture).PadRight(width);

    private string Header(string label, string unit, DateTimeOffset start)
    {
        // Two signals: of each field first that of the ECG, then that of the annotations.
        string date = start.ToString("dd.MM.yy", CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        text.Append("0".PadRight(8)).Append("X X X X".PadRight(80));
        text.Append($"Startdate {start.ToString("dd-MMM-yyyy", CultureInfo.InvariantCulture).ToUpperInvariant()} X X X".PadRight(80));
        text.Append(date).Append(start.ToString("HH.mm.ss", CultureInfo.InvariantCulture));
        text.Append(Field(HeaderBytes, 8)).Append("EDF+C".PadRight(44)).Append(Field(-1, 8)).Append(Field(_seconds, 8)).Append(Field(2, 4));
        text.Append(label.PadRight(16)).Append(EdfSignal.AnnotationLabel.PadRight(16));
        text.Append("".PadRight(160)); // transducers
        text.Append(unit.PadRight(8)).Append("".PadRight(8));
        text.Append(Field(-Most / UnitsPerPhysical, 8)).Append(Field(-1, 8)).Append(Field(Most / UnitsPerPhysical, 8)).Append(Field(1, 8));
        text.Append(Field(-Most, 8)).Append(Field(short.MinValue, 8)).Append(Field(Most, 8)).Append(Field(short.MaxValue, 8));
        text.Append("".PadRight(160)); // prefiltering
        text.Append(Field(_samples, 8)).Append(Field(AnnotationBytesPerSecond * _seconds / sizeof(short), 8)).Append("".PadRight(64));
        return text.ToString();
    }

    private short ToDigital(float value)
    {
        if (float.IsNaN(value))
        {
            return Missing;
        }
        double digital = Math.Round(value * UnitsPerPhysical);
        Clipped += Math.Abs(digital) > Most ? 1 : 0;
        return (short)Math.Clamp(digital, -Most, Most);
    }

    private void WriteRecord()
    {
        Span<byte> texts = _record.AsSpan(_samples * sizeof(short));
        texts.Clear();
        int at = TimedTexts.Write(texts, _records * _seconds, "");
        while (_annotations.TryPeek(out (double Onset, string Text) next))
        {
            int length = TimedTexts.Write(texts[at..], next.Onset, next.Text);
            if (length == 0 && at > TimedTexts.MostOnset)
            {
                break; // it has to wait for the next record
            }
            at += length;
            _annotations.Dequeue();
        }
        _count = 0;
        _records++;
        _file.Write(_record);
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.RecordingUnwritable, problem, "correct the description of the recording", _path);
        }
    }
}
