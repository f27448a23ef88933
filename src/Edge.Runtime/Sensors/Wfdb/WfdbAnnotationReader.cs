using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// Reads annotation files in MIT format (PhysioNet, "annot(5)"): words of 16 bits, 6 of them a code, 10 the samples since the
/// previous annotation. The codes 59 to 63 are marks: a long interval, number, subtype, channel, text. A zero word ends the file; a
/// file that ends between two annotations, as an interrupted recording does, is accepted.
/// </summary>
public static class WfdbAnnotationReader
{
    internal const int Skip = 59;
    internal const int NumberMark = 60;
    internal const int SubtypeMark = 61;
    internal const int ChannelMark = 62;
    internal const int TextMark = 63;

    /// <summary>What starts the text of a comment at sample 0 that gives the annotator's samples per second.</summary>
    internal const string RateComment = "## time resolution: ";

    private const int MaxBytes = 1 << 28;

    /// <summary>The annotations of a file, in its order.</summary>
    /// <exception cref="EdgeException">The file cannot be read or breaks a rule of the format.</exception>
    public static WfdbAnnotations Read(string path)
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

    /// <param name="bytes">Content of an annotation file.</param>
    /// <exception cref="EdgeException">The bytes break a rule of the format; the message names the place.</exception>
    public static WfdbAnnotations Parse(ReadOnlySpan<byte> bytes)
    {
        var annotations = new List<WfdbAnnotation>();
        double? rate = null;
        long sample = 0;
        int channel = 0;
        int number = 0;
        int at = 0;
        while (at < bytes.Length)
        {
            int word = Word(bytes, ref at);
            if (word == 0)
            {
                break;
            }
            while (word >> 10 == Skip)
            {
                sample += LongInterval(bytes, ref at);
                word = Word(bytes, ref at);
            }
            int code = word >> 10;
            if (code > AnnotationCodes.Most)
            {
                throw Bad(at - 2, $"the code {code} stands where an annotation should begin");
            }
            sample += word & 0x3FF;
            int subtype = 0;
            string text = Marks(bytes, ref at, ref number, ref subtype, ref channel);
            if (code == (int)AnnotationCode.Comment && sample == 0 && text.StartsWith(RateComment, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(RateComment.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 1e9)
            {
                rate = value;
                continue;
            }
            annotations.Add(new WfdbAnnotation(sample, (AnnotationCode)code, subtype, channel, number, text));
        }
        return new WfdbAnnotations(annotations, rate);
    }

    /// <summary>The marks after an annotation. Channel and number hold until they change, the subtype for one annotation.</summary>
    private static string Marks(ReadOnlySpan<byte> bytes, ref int at, ref int number, ref int subtype, ref int channel)
    {
        string text = "";
        while (at + 2 <= bytes.Length)
        {
            int word = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            int value = word & 0x3FF;
            switch (word >> 10)
            {
                case NumberMark: number = (sbyte)value; break;
                case SubtypeMark: subtype = (sbyte)value; break;
                case ChannelMark: channel = (byte)value; break;
                case TextMark:
                    int padded = value + (value & 1);
                    if (bytes.Length - at - 2 < padded)
                    {
                        throw Bad(at, $"a text of {value} bytes goes beyond the end");
                    }
                    text = Encoding.Latin1.GetString(bytes.Slice(at + 2, value)).TrimEnd('\0');
                    at += padded;
                    break;
                default: return text;
            }
            at += 2;
        }
        return text;
    }

    private static int Word(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (at + 2 > bytes.Length)
        {
            throw Bad(at, "the file ends within an annotation");
        }
        int word = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
        at += 2;
        return word;
    }

    /// <summary>32 bits, the high word first, each word little-endian.</summary>
    private static int LongInterval(ReadOnlySpan<byte> bytes, ref int at)
    {
        int high = Word(bytes, ref at);
        int low = Word(bytes, ref at);
        return (high << 16) | low;
    }

    private static EdgeException Bad(int at, string problem) =>
        new(EdgeError.RecordingMalformed, $"the annotation file is not valid at byte {at}: {problem}", "check that it is a complete WFDB annotation file in MIT format");
}
