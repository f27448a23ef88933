using System.Buffers;
using Google.Protobuf;
using Nerdbank.Streams;

namespace Edge.Client;

/// <summary>Messages on a channel: the length as a varint, then the message.</summary>
internal static class WireFrames
{
    public const int Version = 1;

    /// <summary>Requests that may be under way.</summary>
    public const int Window = 8;

    private const int MostBytes = 64 << 20;

    public static MultiplexingStream.Options Options() => new() { ProtocolMajorVersion = 3 };

    public static async Task WriteAsync(Stream stream, IMessage message, CancellationToken stop)
    {
        int size = message.CalculateSize();
        byte[] bytes = new byte[CodedOutputStream.ComputeUInt32Size((uint)size) + size];
        using (var output = new CodedOutputStream(bytes))
        {
            output.WriteUInt32((uint)size);
            message.WriteTo(output);
            output.Flush();
        }
        await stream.WriteAsync(bytes, stop).ConfigureAwait(false);
        await stream.FlushAsync(stop).ConfigureAwait(false);
    }

    /// <returns>Null at the end of the channel.</returns>
    /// <exception cref="InvalidDataException">The length is not valid, or the message is cut off.</exception>
    public static async Task<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, CancellationToken stop)
        where T : class, IMessage<T>
    {
        int size = await ReadSizeAsync(stream, stop).ConfigureAwait(false);
        if (size < 0)
        {
            return null;
        }
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, size));
        try
        {
            await stream.ReadExactlyAsync(bytes.AsMemory(0, size), stop).ConfigureAwait(false);
            return parser.ParseFrom(bytes, 0, size);
        }
        catch (Exception exception) when (exception is EndOfStreamException or InvalidProtocolBufferException)
        {
            throw new InvalidDataException($"a message is cut off or malformed: {exception.Message}", exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static async Task<int> ReadSizeAsync(Stream stream, CancellationToken stop)
    {
        var one = new byte[1];
        long size = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (await stream.ReadAsync(one, stop).ConfigureAwait(false) == 0)
            {
                return shift == 0 ? -1 : throw new InvalidDataException("the stream ends in the middle of a length");
            }
            size |= (long)(one[0] & 0x7F) << shift;
            if ((one[0] & 0x80) == 0)
            {
                return size <= MostBytes ? (int)size : throw new InvalidDataException($"a message of {size} bytes is announced, at most {MostBytes} are allowed");
            }
        }
        throw new InvalidDataException("a length has more than five bytes");
    }
}
