using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Edge.Runtime.Tests.Sensors;

/// <summary>Builds small EDF files.</summary>
internal static class EdfSamples
{
    /// <summary>Two signals of 4 and 2 samples per record of 1 s, and annotations of 16 bytes; sample values count up from 0 per signal.</summary>
    /// <param name="onsets">One data record each; null = a plain EDF file without annotations, of two records.</param>
    public static byte[] File(string kind, double[]? onsets)
    {
        bool annotated = onsets is not null;
        int records = onsets?.Length ?? 2;
        int count = annotated ? 3 : 2;
        var text = new StringBuilder();
        Add(text, "0", 8);
        Add(text, "patient", 80);
        Add(text, "recording", 80);
        Add(text, "01.01.0101.01.01", 16);
        Add(text, (256 * (count + 1)).ToString(CultureInfo.InvariantCulture), 8);
        Add(text, kind, 44);
        Add(text, records.ToString(CultureInfo.InvariantCulture), 8);
        Add(text, "1", 8);
        Add(text, count.ToString(CultureInfo.InvariantCulture), 4);
        Column(text, 16, annotated, "ECG", "Resp", "EDF Annotations");
        Column(text, 80, annotated, "", "", "");
        Column(text, 8, annotated, "uV", "l", "");
        Column(text, 8, annotated, "-1000", "0", "-1");
        Column(text, 8, annotated, "1000", "2", "1");
        Column(text, 8, annotated, "-2000", "-32768", "-32768");
        Column(text, 8, annotated, "2000", "32767", "32767");
        Column(text, 80, annotated, "", "", "");
        Column(text, 8, annotated, "4", "2", "8");
        Column(text, 32, annotated, "", "", "");
        var bytes = new List<byte>(Encoding.ASCII.GetBytes(text.ToString()));
        for (int r = 0; r < records; r++)
        {
            AddSamples(bytes, 4 * r, 4);
            AddSamples(bytes, 2 * r, 2);
            if (annotated)
            {
                string list = string.Create(CultureInfo.InvariantCulture, $"+{onsets![r]}\u0014\u0014\0+{onsets[r]}\u0014b{r}\u0014\0");
                bytes.AddRange(Encoding.ASCII.GetBytes(list.PadRight(16, '\0')));
            }
        }
        return [.. bytes];
    }

    private static void AddSamples(List<byte> bytes, int first, int count)
    {
        var sample = new byte[2];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(sample, (short)(first + i));
            bytes.AddRange(sample);
        }
    }

    private static void Column(StringBuilder text, int width, bool annotated, params string[] values)
    {
        foreach (string value in annotated ? values : values[..2])
        {
            Add(text, value, width);
        }
    }

    private static void Add(StringBuilder text, string value, int width) => text.Append(value.PadRight(width));
}
