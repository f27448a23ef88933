using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// Writes annotation files in MIT format, one annotation after the other, so that a recording can be written while it grows; see
/// <see cref="WfdbAnnotationReader"/> for the format.
/// </summary>
public sealed class WfdbAnnotationWriter : IDisposable
{
    private const int MaxText = 255;

    /// <summary>Longer intervals take a mark of their own.</summary>
    private const int MostShortInterval = 0x3FF;

    private readonly Stream _stream;
    private readonly string _path;
    private long _last;
    private int _number;
    private int _channel;
    private bool _closed;

    /// <summary>Creates or replaces the file.</summary>
    /// <param name="sampleRate">Written at the start where the annotations do not count the record's frames.</param>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public WfdbAnnotationWriter(string path, double? sampleRate = null)
        : this(RecordingFile.Create(path), path, sampleRate)
    {
    }

    private WfdbAnnotationWriter(Stream stream, string path, double? sampleRate)
    {
        _stream = stream;
        _path = path;
        if (sampleRate is { } rate)
        {
            Write(new WfdbAnnotation(0, AnnotationCode.Comment, Text: WfdbAnnotationReader.RateComment + rate.ToString("R", CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Appends an annotation.</summary>
    /// <exception cref="EdgeException">A field is out of its range, the sample is before that of the previous annotation, or the file cannot be written.</exception>
    public void Write(WfdbAnnotation annotation)
    {
        Check(annotation);
        Span<byte> bytes = stackalloc byte[2 + 6 + 6 + 2 + MaxText + 1];
        int at = Interval(annotation, bytes);
        at = Mark(bytes, at, WfdbAnnotationReader.SubtypeMark, (byte)(sbyte)annotation.Subtype, 0);
        at = Mark(bytes, at, WfdbAnnotationReader.ChannelMark, annotation.Channel, _channel);
        at = Mark(bytes, at, WfdbAnnotationReader.NumberMark, (byte)(sbyte)annotation.Number, _number);
        if (annotation.Text.Length > 0)
        {
            Put(bytes, ref at, (WfdbAnnotationReader.TextMark << 10) | annotation.Text.Length);
            at += Encoding.Latin1.GetBytes(annotation.Text, bytes[at..]);
            if ((annotation.Text.Length & 1) != 0)
            {
                bytes[at++] = 0;
            }
        }
        Append(bytes[..at]);
        (_last, _channel, _number) = (annotation.Sample, annotation.Channel, (byte)(sbyte)annotation.Number);
    }

    /// <summary>Writes the end mark and closes the file.</summary>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            try
            {
                Append([0, 0]);
                _stream.Flush();
            }
            finally
            {
                _stream.Dispose();
            }
        }
    }

    private int Interval(WfdbAnnotation annotation, Span<byte> bytes)
    {
        long interval = annotation.Sample - _last;
        int at = 0;
        // Code 0 after an interval of 0 would read as the end of the file: it always gets an interval of its own.
        int rest = annotation.Code == AnnotationCode.NotBeat ? 1 : 0;
        if (interval > MostShortInterval || interval < rest)
        {
            long skipped = interval - rest;
            Put(bytes, ref at, WfdbAnnotationReader.Skip << 10);
            Put(bytes, ref at, (int)(skipped >> 16) & 0xFFFF);
            Put(bytes, ref at, (int)skipped & 0xFFFF);
            interval = rest;
        }
        Put(bytes, ref at, ((int)annotation.Code << 10) | (int)interval);
        return at;
    }

    private static int Mark(Span<byte> bytes, int at, int mark, int value, int known)
    {
        if (value != known)
        {
            Put(bytes, ref at, (mark << 10) | value);
        }
        return at;
    }

    private static void Put(Span<byte> bytes, ref int at, int word)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], (ushort)word);
        at += 2;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unwritable(_path, exception);
        }
    }

    private void Check(WfdbAnnotation annotation)
    {
        Require((int)annotation.Code is >= 0 and <= AnnotationCodes.Most, $"the code is {(int)annotation.Code}, expected 0 to {AnnotationCodes.Most}");
        Require(annotation.Sample >= _last, $"sample {annotation.Sample} is before the previous annotation at {_last}");
        Require(annotation.Sample - _last <= int.MaxValue, $"sample {annotation.Sample} is more than 2^31 after the previous annotation at {_last}");
        Require(annotation.Subtype is >= sbyte.MinValue and <= sbyte.MaxValue, $"the subtype is {annotation.Subtype}, expected -128 to 127");
        Require(annotation.Channel is >= 0 and <= byte.MaxValue, $"the channel is {annotation.Channel}, expected 0 to 255");
        Require(annotation.Number is >= sbyte.MinValue and <= sbyte.MaxValue, $"the number is {annotation.Number}, expected -128 to 127");
        Require(annotation.Text.Length <= MaxText && annotation.Text.All(c => c is > '\0' and <= '\xFF'), $"the text has {annotation.Text.Length} characters, expected at most {MaxText}, all Latin-1");
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.RecordingUnwritable, problem, "keep annotations in order and their fields in range", _path);
        }
    }
}
