using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Google.Protobuf;

namespace Edge.Runtime.Format;

/// <summary>
/// Distributes tensors over sections: in the order in which they come, each at a multiple of 64 bytes, equal bytes once. A
/// section is closed when it holds <see cref="SectionBytes"/>, so that hashes can be checked side by side.
/// </summary>
internal sealed class SectionBuilder
{
    /// <summary>A section that has reached this size takes no more tensors.</summary>
    public const long SectionBytes = 4 << 20;

    /// <summary>Zeros after the last section: kernels may read a vector beyond the end of a tensor.</summary>
    public const int TailBytes = 64;

    private readonly List<List<Tensor>> _sections = [];
    private readonly Dictionary<(long Bytes, UInt128 Low, UInt128 High), Wire.Blob> _placed = [];
    private long _open;

    /// <summary>The tensors of each section, in order.</summary>
    public IReadOnlyList<IReadOnlyList<Tensor>> Sections => _sections;

    /// <summary>Where the bytes of <paramref name="tensor"/> will lie.</summary>
    public Wire.Blob Place(Tensor tensor)
    {
        if (tensor.Bytes == 0)
        {
            return new Wire.Blob();
        }
        byte[] hash = SHA256.HashData(tensor.ByteSpan());
        var key = (tensor.Bytes, BitConverter.ToUInt128(hash), BitConverter.ToUInt128(hash, 16));
        if (!_placed.TryGetValue(key, out Wire.Blob? blob))
        {
            blob = Append(tensor);
            _placed.Add(key, blob);
        }
        return blob;
    }

    /// <summary>The next tensor starts a section.</summary>
    public void Close() => _open = SectionBytes;

    /// <summary>Offsets, lengths and hashes of all sections.</summary>
    public IEnumerable<Wire.Section> Describe()
    {
        long offset = 0;
        foreach (List<Tensor> section in _sections)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long length = 0;
            foreach (Tensor tensor in section)
            {
                hash.AppendData(tensor.ByteSpan());
                hash.AppendData(Padding(tensor.Bytes));
                length += AlignedBuffer.Align(tensor.Bytes);
            }
            yield return new Wire.Section { Offset = (ulong)offset, Length = (ulong)length, Sha256 = ByteString.CopyFrom(hash.GetHashAndReset()) };
            offset += length;
        }
    }

    /// <summary>The zeros that follow <paramref name="bytes"/> bytes up to the next multiple of 64.</summary>
    public static ReadOnlySpan<byte> Padding(long bytes) => new byte[AlignedBuffer.Alignment].AsSpan(0, (int)(AlignedBuffer.Align(bytes) - bytes));

    private Wire.Blob Append(Tensor tensor)
    {
        if (_sections.Count == 0 || _open >= SectionBytes)
        {
            _sections.Add([]);
            _open = 0;
        }
        _sections[^1].Add(tensor);
        var blob = new Wire.Blob { Section = (uint)_sections.Count - 1, Offset = (ulong)_open, Length = (ulong)tensor.Bytes };
        _open += AlignedBuffer.Align(tensor.Bytes);
        return blob;
    }
}
