using System.Buffers.Binary;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// How samples are stored in a signal file (PhysioNet, "signal(5)"). Samples are packed in units of a few bytes:
/// <list type="table">
/// <item><term>16, 61, 160</term><description>16 bits: little-endian, big-endian, little-endian with offset 32768</description></item>
/// <item><term>8</term><description>differences of 8 bits</description></item>
/// <item><term>80</term><description>8 bits with offset 128</description></item>
/// <item><term>212</term><description>two samples of 12 bits in 3 bytes</description></item>
/// <item><term>310, 311</term><description>three samples of 10 bits in 4 bytes</description></item>
/// <item><term>24, 32</term><description>24 and 32 bits, little-endian</description></item>
/// </list>
/// The lowest value of each format but 8 means that there is no sample.
/// </summary>
internal static class SampleFormat
{
    /// <summary>Format 0: a signal without a file; every sample is missing.</summary>
    public const int Null = 0;

    /// <summary>Format 8: differences.</summary>
    public const int Differences = 8;

    /// <summary>Stands for a missing sample after decoding.</summary>
    public const int Missing = int.MinValue;

    /// <exception cref="EdgeException">The format is not one of those above.</exception>
    public static void Require(int format)
    {
        if (format is not (Null or Differences or 16 or 24 or 32 or 61 or 80 or 160 or 212 or 310 or 311))
        {
            throw new EdgeException(
                EdgeError.RecordingUnsupported, $"the signal format {format} is not supported", "convert the record to format 16 or 212 (xform); supported: 8, 16, 24, 32, 61, 80, 160, 212, 310, 311");
        }
    }

    /// <summary>Bytes and samples of one unit.</summary>
    public static (int Bytes, int Samples) Unit(int format) => format switch
    {
        8 or 80 => (1, 1),
        16 or 61 or 160 => (2, 1),
        24 => (3, 1),
        32 => (4, 1),
        212 => (3, 2),
        310 or 311 => (4, 3),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Bytes that the first <paramref name="samples"/> samples of the last, cut unit take.</summary>
    public static int PartialBytes(int format, int samples) => format switch
    {
        212 => samples * 2,
        310 => samples * 2,
        311 => samples + 1,
        _ => 0,
    };

    /// <summary>The number that the format stores for a missing sample; it counts in checksums.</summary>
    public static int StoredMissing(int format) => format switch
    {
        16 or 61 or 160 => short.MinValue,
        24 => -(1 << 23),
        32 => int.MinValue,
        80 => -(1 << 7),
        212 => -(1 << 11),
        310 or 311 => -(1 << 9),
        _ => 0,
    };

    /// <summary>Decodes whole units; missing samples become <see cref="Missing"/>, except in format 8, where values are differences.</summary>
    public static void Decode(int format, ReadOnlySpan<byte> bytes, Span<int> samples)
    {
        (int size, int count) = Unit(format);
        int units = bytes.Length / size;
        for (int i = 0; i < units; i++)
        {
            ReadOnlySpan<byte> unit = bytes.Slice(i * size, size);
            Span<int> to = samples.Slice(i * count, count);
            switch (format)
            {
                case 8: to[0] = (sbyte)unit[0]; break;
                case 80: to[0] = OrMissing(unit[0] - 128, 8); break;
                case 16: to[0] = OrMissing(BinaryPrimitives.ReadInt16LittleEndian(unit), 16); break;
                case 61: to[0] = OrMissing(BinaryPrimitives.ReadInt16BigEndian(unit), 16); break;
                case 160: to[0] = OrMissing(BinaryPrimitives.ReadUInt16LittleEndian(unit) - 32768, 16); break;
                case 24: to[0] = OrMissing(Signed(unit[0] | (unit[1] << 8) | (unit[2] << 16), 24), 24); break;
                case 32: to[0] = BinaryPrimitives.ReadInt32LittleEndian(unit); break;
                case 212:
                    to[0] = OrMissing(Signed(unit[0] | ((unit[1] & 0x0F) << 8), 12), 12);
                    to[1] = OrMissing(Signed(unit[2] | ((unit[1] & 0xF0) << 4), 12), 12);
                    break;
                case 310: Decode310(unit, to); break;
                case 311: Decode311(unit, to); break;
                default: throw new ArgumentOutOfRangeException(nameof(format));
            }
        }
    }

    /// <summary>Two words of 16 bits: 10 bits above bit 0 of each are a sample, the 5 highest of both the third.</summary>
    private static void Decode310(ReadOnlySpan<byte> unit, Span<int> to)
    {
        int first = BinaryPrimitives.ReadUInt16LittleEndian(unit);
        int second = BinaryPrimitives.ReadUInt16LittleEndian(unit[2..]);
        to[0] = OrMissing(Signed(first >> 1, 10), 10);
        to[1] = OrMissing(Signed(second >> 1, 10), 10);
        to[2] = OrMissing(Signed((first >> 11) | ((second >> 11) << 5), 10), 10);
    }

    /// <summary>Three times 10 bits in one word of 32 bits, the first lowest.</summary>
    private static void Decode311(ReadOnlySpan<byte> unit, Span<int> to)
    {
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(unit);
        for (int k = 0; k < 3; k++)
        {
            to[k] = OrMissing(Signed((int)(word >> (10 * k)), 10), 10);
        }
    }

    /// <summary>The lowest bits as a two's complement number.</summary>
    private static int Signed(int value, int bits) => value << (32 - bits) >> (32 - bits);

    private static int OrMissing(int value, int bits) => value == -(1 << (bits - 1)) ? Missing : value;
}
