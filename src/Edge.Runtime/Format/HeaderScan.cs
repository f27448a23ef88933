using Edge.Runtime.Diagnostics;
using Google.Protobuf;

namespace Edge.Runtime.Format;

/// <summary>
/// Counts what a header would become in memory before it is parsed: two bytes can stand for an object of a hundred, so the
/// length of a header alone bounds nothing useful.
/// </summary>
internal static class HeaderScan
{
    // The messages of edge.proto, as far as they repeat or hold lists of numbers.
    private static readonly Level Leaf = new([], []);
    private static readonly Level Info = new([(2, new Level([(2, Leaf)], [1])), (3, new Level([], [2]))], []);
    private static readonly Level TensorLevel = new([(1, Info), (2, Leaf)], []);
    private static readonly Level AttributeLevel = new([(5, new Level([], [1])), (6, Leaf)], []);

    internal static readonly Level Header = new(
        [
            (1, new Level(
                [
                    (2, new Level([(2, Info), (3, Leaf)], [])),
                    (3, new Level([(3, AttributeLevel)], [4, 5])),
                ],
                [4, 5])),
            (2, Leaf),
            (3, Leaf),
            (4, Leaf),
            (5, Leaf),
            (6, new Level([(2, TensorLevel), (3, TensorLevel)], [])),
            (7, new Level([], [6])),
            (8, Leaf),
            (12, new Level([(3, new Level([(1, Leaf), (2, Leaf)], [])), (4, new Level([(1, Info)], []))], [])),
        ],
        []);

    /// <exception cref="EdgeException">The header is not well-formed, or stands for more than the limits allow.</exception>
    public static void Check(ReadOnlySpan<byte> header)
    {
        var counts = new Counts();
        Walk(header, Header, counts);
    }

    private static void Walk(ReadOnlySpan<byte> message, Level level, Counts counts)
    {
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Varint(message, ref at);
            int field = (int)Math.Min(tag >> 3, int.MaxValue);
            bool packed = level.Packed.Contains(field);
            switch (tag & 7)
            {
                case (ulong)WireFormat.WireType.Varint:
                    Varint(message, ref at);
                    counts.AddNumbers(packed ? 1 : 0);
                    break;
                case (ulong)WireFormat.WireType.Fixed64:
                    Skip(message, ref at, 8);
                    break;
                case (ulong)WireFormat.WireType.Fixed32:
                    Skip(message, ref at, 4);
                    break;
                case (ulong)WireFormat.WireType.LengthDelimited:
                    ReadOnlySpan<byte> body = Skip(message, ref at, Varint(message, ref at));
                    if (level.Find(field) is { } child)
                    {
                        counts.AddMessage();
                        // A leaf may be a repeated string, whose bytes are no fields.
                        Walk(ReferenceEquals(child, Leaf) ? [] : body, child, counts);
                    }
                    counts.AddNumbers(packed ? CountVarints(body) : 0);
                    break;
                default:
                    throw Malformed("it holds a group");
            }
        }
    }

    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> message, ref int at, ulong count)
    {
        if (count > (ulong)(message.Length - at))
        {
            throw Malformed("a field is longer than its message");
        }
        ReadOnlySpan<byte> skipped = message.Slice(at, (int)count);
        at += (int)count;
        return skipped;
    }

    private static ulong Varint(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
        throw Malformed("a number does not end");
    }

    private static int CountVarints(ReadOnlySpan<byte> body)
    {
        int count = 0;
        foreach (byte b in body)
        {
            count += b < 0x80 ? 1 : 0;
        }
        return count;
    }

    private static EdgeException Malformed(string why) =>
        new(EdgeError.FileInvalid, $"the header is not well-formed: {why}", "the file is damaged: convert the model again");

    /// <summary>One message type.</summary>
    /// <param name="Messages">Fields that hold messages or repeated strings.</param>
    /// <param name="Packed">Fields that hold lists of variable-length numbers.</param>
    internal sealed record Level((int Field, Level Message)[] Messages, int[] Packed)
    {
        public Level? Find(int field)
        {
            foreach ((int number, Level message) in Messages)
            {
                if (number == field)
                {
                    return message;
                }
            }
            return null;
        }
    }

    private sealed class Counts
    {
        private long _messages;
        private long _numbers;

        public void AddMessage()
        {
            if (++_messages > Limits.MaxHeaderMessages)
            {
                throw new EdgeException(EdgeError.TooLarge, $"the header holds more than {Limits.MaxHeaderMessages} nodes, values and attributes", "the file is damaged: convert the model again");
            }
        }

        public void AddNumbers(int count)
        {
            _numbers += count;
            if (_numbers > Limits.MaxHeaderNumbers)
            {
                throw new EdgeException(EdgeError.TooLarge, $"the header holds lists of more than {Limits.MaxHeaderNumbers} numbers", "the file is damaged: convert the model again");
            }
        }
    }
}
