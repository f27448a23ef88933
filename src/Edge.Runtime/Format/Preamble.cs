using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Format;

/// <summary>
/// The first 64 bytes of an <c>.edge</c> file: magic (8), major (2), minor (2), header length (4), signature length (4),
/// zeros (4), file length (8), digest (32). Little-endian. The digest is the SHA-256 of the 32 bytes before it, the header
/// and the signature.
/// </summary>
internal readonly record struct Preamble(ushort Major, ushort Minor, int HeaderBytes, int SignatureBytes, long FileBytes)
{
    public const int Size = 64;

    /// <summary>Bytes before the digest.</summary>
    public const int DigestOffset = 32;

    public const ushort CurrentMajor = 1;

    public const ushort CurrentMinor = 0;

    private const int ReservedOffset = 20;

    /// <summary>Where the sections begin.</summary>
    public long SectionsStart => AlignedBuffer.Align((long)Size + HeaderBytes + SignatureBytes);

    /// <summary>A byte above 127, a name, both line ends and an end-of-file mark, so that every text-mode transfer breaks it visibly.</summary>
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'E', (byte)'D', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>Reads and checks everything but the digest.</summary>
    /// <param name="bytes">The start of the file, <see cref="Size"/> bytes or the whole file where it is shorter.</param>
    /// <param name="actualBytes">Length of the file.</param>
    /// <exception cref="EdgeException"/>
    public static Preamble Read(ReadOnlySpan<byte> bytes, long actualBytes)
    {
        int known = Math.Min(bytes.Length, Magic.Length);
        if (!bytes[..known].SequenceEqual(Magic[..known]) || known == 0)
        {
            throw new EdgeException(EdgeError.NotAnEdgeFile, "the file does not start as an .edge file does", "make one with edge-convert; copy it in binary mode");
        }
        if (bytes.Length < Size)
        {
            throw Truncated(actualBytes, Size);
        }
        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        ushort minor = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        if (major != CurrentMajor)
        {
            throw new EdgeException(EdgeError.FormatVersion, string.Create(CultureInfo.InvariantCulture, $"the file has format version {major}.{minor}, this program reads {CurrentMajor}.x"), "update Edge on this device, or convert the model again");
        }
        uint header = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        uint signature = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        if (header > Limits.MaxHeaderBytes)
        {
            throw new EdgeException(EdgeError.TooLarge, $"the header has {header} bytes, at most {Limits.MaxHeaderBytes} are allowed", "the file is damaged: convert the model again");
        }
        if (signature is not (0 or HeaderSignature.Size) || bytes[ReservedOffset..24].ContainsAnyExcept((byte)0))
        {
            throw new EdgeException(EdgeError.FileInvalid, "reserved bytes are not zero or the signature has an unknown length", "the file is damaged: convert the model again");
        }
        var preamble = new Preamble(major, minor, (int)header, (int)signature, (long)Math.Min(length, long.MaxValue));
        preamble.CheckLength(actualBytes);
        return preamble;
    }

    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt16LittleEndian(target[8..], Major);
        BinaryPrimitives.WriteUInt16LittleEndian(target[10..], Minor);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], (uint)HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], (uint)SignatureBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], (ulong)FileBytes);
    }

    /// <summary>The digest of a head (preamble, header and signature); its own place in the head is left out.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> head)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head[..DigestOffset]);
        hash.AppendData(head[Size..]);
        return hash.GetHashAndReset();
    }

    private void CheckLength(long actual)
    {
        if (actual < FileBytes)
        {
            throw Truncated(actual, FileBytes);
        }
        if (actual > FileBytes || FileBytes < SectionsStart)
        {
            throw new EdgeException(EdgeError.FileCorrupt, $"the file has {actual} bytes, its header says {FileBytes}", "copy the file again");
        }
    }

    private static EdgeException Truncated(long actual, long expected) =>
        new(EdgeError.FileTruncated, $"the file has {actual} bytes, at least {expected} are expected", "copy the file again");
}
