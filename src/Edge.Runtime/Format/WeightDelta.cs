using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Format;

/// <summary>
/// A small file that turns one model into another: new values for some constants, and for a replaced last layer the new number of
/// classes. It names the model that it belongs to by the SHA-256 of its file.
/// </summary>
/// <param name="BaseSha256">Of the model's file, 32 bytes.</param>
/// <param name="Classes">The last layer computes this many classes; 0 = as the model has it.</param>
/// <param name="Labels">Of the classes; empty = as the model has them.</param>
/// <param name="Weights">Float32 constants by name.</param>
public sealed record WeightDelta(byte[] BaseSha256, int Classes, IReadOnlyList<string> Labels, IReadOnlyDictionary<string, Tensor> Weights)
{
    private const int HashBytes = 32;
    private const ushort Version = 1;
    private const int MostEntries = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "EDGD"u8;

    /// <summary>The bytes of the file: magic, version, SHA-256 of what follows, content.</summary>
    public byte[] ToBytes()
    {
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(BaseSha256);
            writer.Write(Classes);
            writer.Write(Labels.Count);
            foreach (string label in Labels)
            {
                writer.Write(label);
            }
            writer.Write(Weights.Count);
            foreach ((string name, Tensor tensor) in Weights.OrderBy(w => w.Key, StringComparer.Ordinal))
            {
                writer.Write(name);
                writer.Write(tensor.Shape.Rank);
                foreach (int dim in tensor.Shape.ToArray())
                {
                    writer.Write(dim);
                }
                writer.Write(tensor.ByteSpan());
            }
        }
        byte[] body = content.ToArray();
        return [.. Magic, (byte)(Version & 0xFF), (byte)(Version >> 8), .. SHA256.HashData(body), .. body];
    }

    /// <exception cref="EdgeException">The bytes are no delta, damaged, or of a newer version.</exception>
    public static WeightDelta Read(byte[] bytes, string? place = null)
    {
        int head = Magic.Length + 2 + HashBytes;
        if (bytes.Length < head || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new EdgeException(EdgeError.BadDelta, "the file is no delta", "give a file that edge tune wrote with --delta", place);
        }
        int version = bytes[4] | (bytes[5] << 8);
        if (version != Version)
        {
            throw new EdgeException(EdgeError.FormatVersion, $"the delta has version {version}, this program reads {Version}", "use a newer program", place);
        }
        if (!SHA256.HashData(bytes.AsSpan(head)).AsSpan().SequenceEqual(bytes.AsSpan(head - HashBytes, HashBytes)))
        {
            throw new EdgeException(EdgeError.FileCorrupt, "the checksum of the delta does not match", "copy it again", place);
        }
        try
        {
            return ReadContent(bytes.AsSpan(head).ToArray(), place);
        }
        catch (Exception exception) when (exception is EndOfStreamException or IOException or FormatException or OverflowException or DecoderFallbackException)
        {
            throw new EdgeException(EdgeError.BadDelta, $"the delta is malformed: {exception.Message}", "write it again", place, exception);
        }
    }

    private static WeightDelta ReadContent(byte[] content, string? place)
    {
        using var reader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
        byte[] sha = reader.ReadBytes(HashBytes);
        int classes = reader.ReadInt32();
        var labels = new string[Count(reader.ReadInt32(), place)];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = reader.ReadString();
        }
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        int count = Count(reader.ReadInt32(), place);
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            var dims = new int[Count(reader.ReadInt32(), place)];
            for (int d = 0; d < dims.Length; d++)
            {
                dims[d] = Math.Max(0, reader.ReadInt32());
            }
            long bytes = checked(new Shape(dims).Count * sizeof(float));
            if (bytes > content.Length - reader.BaseStream.Position || !weights.TryAdd(name, ReadTensor(reader, dims)))
            {
                throw new EdgeException(EdgeError.BadDelta, $"the weights '{name}' reach beyond the file or are listed twice", "write it again", place);
            }
        }
        return new WeightDelta(sha, classes, labels, weights);
    }

    private static Tensor ReadTensor(BinaryReader reader, int[] dims)
    {
        Tensor tensor = Tensor.Allocate(DataType.F32, new Shape(dims));
        reader.BaseStream.ReadExactly(tensor.ByteSpan());
        return tensor;
    }

    private static int Count(int value, string? place) =>
        value is >= 0 and <= MostEntries ? value : throw new EdgeException(EdgeError.BadDelta, $"a count is {value}, expected 0 to {MostEntries}", "write it again", place);
}
