using System.Buffers.Binary;
using System.Text;

namespace Edge.Serve.Storage;

/// <summary>
/// A message on disk: <c>length (4) | CRC-32 (4) | number (8) | topic length (2) | topic | payload</c>, little-endian. The length counts
/// what follows the CRC, and the CRC covers it.
/// </summary>
internal static class OutboxRecord
{
    public const int HeaderBytes = 8;
    public const int MostBytes = 16 << 20;

    private const int FixedBytes = 10;

    public static byte[] Encode(long number, string topic, ReadOnlySpan<byte> payload)
    {
        int topicBytes = Encoding.UTF8.GetByteCount(topic);
        var record = new byte[HeaderBytes + FixedBytes + topicBytes + payload.Length];
        Span<byte> body = record.AsSpan(HeaderBytes);
        BinaryPrimitives.WriteInt64LittleEndian(body, number);
        BinaryPrimitives.WriteUInt16LittleEndian(body[8..], checked((ushort)topicBytes));
        Encoding.UTF8.GetBytes(topic, body[FixedBytes..]);
        payload.CopyTo(body[(FixedBytes + topicBytes)..]);
        BinaryPrimitives.WriteInt32LittleEndian(record, body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), Crc32.Compute(body));
        return record;
    }

    /// <summary>Bytes of the body, or -1 where the header is no header.</summary>
    public static int BodyBytes(ReadOnlySpan<byte> header)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        return length is >= FixedBytes and <= MostBytes ? length : -1;
    }

    /// <summary>The message; null where the CRC or a length is wrong.</summary>
    public static OutboxMessage? Decode(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != Crc32.Compute(body))
        {
            return null;
        }
        int topicBytes = BinaryPrimitives.ReadUInt16LittleEndian(body[8..]);
        return FixedBytes + topicBytes <= body.Length
            ? new OutboxMessage(BinaryPrimitives.ReadInt64LittleEndian(body), Encoding.UTF8.GetString(body.Slice(FixedBytes, topicBytes)), body[(FixedBytes + topicBytes)..].ToArray())
            : null;
    }
}

/// <summary>A message that waits.</summary>
/// <param name="Number">Counts all messages of the outbox, over restarts, from 1.</param>
public sealed record OutboxMessage(long Number, string Topic, byte[] Payload);
