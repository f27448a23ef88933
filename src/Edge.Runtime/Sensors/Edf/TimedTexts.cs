using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Edf;

/// <summary>
/// The time-stamped annotation lists (TALs) of an EDF+ data record: onset, optional 0x15 and duration, 0x14, texts that each end
/// in 0x14, and a zero byte. The first list of a record has an empty text and gives the record's own onset.
/// </summary>
internal static class TimedTexts
{
    /// <summary>Bytes that the list with a record's own onset takes at most.</summary>
    public const int MostOnset = 24;

    private const byte TextEnd = 0x14;
    private const byte DurationMark = 0x15;

    /// <summary>The onset of the data record that holds this annotation signal.</summary>
    /// <exception cref="EdgeException">There is none.</exception>
    public static double RecordOnset(ReadOnlySpan<byte> bytes, long record)
    {
        int end = bytes.IndexOf(TextEnd);
        return end > 0 && TryNumber(bytes[..end], out double onset)
            ? onset
            : throw new EdgeException(EdgeError.RecordingMalformed, $"data record {record} of a discontinuous file has no onset", "check that it is a complete EDF+ file");
    }

    /// <summary>Adds the texts of one annotation signal of a record; bytes that are no list are skipped.</summary>
    public static void AddTo(List<EdfAnnotation> annotations, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)0);
            ReadOnlySpan<byte> list = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            int stampEnd = list.IndexOf(TextEnd);
            if (stampEnd <= 0)
            {
                continue;
            }
            ReadOnlySpan<byte> stamp = list[..stampEnd];
            int mark = stamp.IndexOf(DurationMark);
            if (!TryNumber(mark < 0 ? stamp : stamp[..mark], out double onset))
            {
                continue;
            }
            double? duration = mark >= 0 && TryNumber(stamp[(mark + 1)..], out double seconds) ? seconds : null;
            foreach (string text in Encoding.UTF8.GetString(list[(stampEnd + 1)..]).Split((char)TextEnd))
            {
                if (text.Length > 0)
                {
                    annotations.Add(new EdfAnnotation(onset, duration, text));
                }
            }
        }
    }

    /// <summary>Writes a list of one text.</summary>
    /// <param name="text">Empty for the onset of a data record.</param>
    /// <returns>Its bytes; 0 where it does not fit.</returns>
    public static int Write(Span<byte> target, double onset, string text)
    {
        string list = string.Create(CultureInfo.InvariantCulture, $"+{onset:0.######}{(char)TextEnd}{text.Replace((char)TextEnd, ' ').Replace('\0', ' ')}{(char)TextEnd}\0");
        if (Encoding.UTF8.TryGetBytes(list, target, out int written))
        {
            return written;
        }
        target.Clear(); // its beginning may have been written
        return 0;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
