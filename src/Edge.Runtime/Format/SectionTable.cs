using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Google.Protobuf.Collections;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>The sections of a file that is being read, checked: in order, without gaps, inside the file, followed by zeros.</summary>
internal sealed unsafe class SectionTable
{
    private const long HashChunk = 1 << 30;
    private const long ParallelBytes = 16 << 20;

    private readonly ModelBytes _bytes;
    private readonly long _start;
    private readonly RepeatedField<Wire.Section> _sections;

    /// <param name="start">Where the first section begins, in bytes.</param>
    /// <exception cref="EdgeException">The table breaks a rule.</exception>
    public SectionTable(ModelBytes bytes, long start, RepeatedField<Wire.Section> sections)
    {
        _bytes = bytes;
        _start = start;
        _sections = sections;
        Require(sections.Count <= Limits.MaxSections, $"{sections.Count} sections are listed, at most {Limits.MaxSections} are allowed");
        ulong room = (ulong)(bytes.Length - start);
        ulong end = 0;
        for (int i = 0; i < sections.Count; i++)
        {
            Wire.Section section = sections[i];
            Require(section.Offset == end, $"section {i} begins at {section.Offset}, expected {end}: sections follow each other");
            Require(section.Length % AlignedBuffer.Alignment == 0, $"section {i} has {section.Length} bytes, expected a multiple of {AlignedBuffer.Alignment}");
            Require(section.Length <= room - end, $"section {i} has {section.Length} bytes at {section.Offset}, beyond the end of the file");
            Require(section.Sha256.Length == SHA256.HashSizeInBytes, $"section {i} has a hash of {section.Sha256.Length} bytes");
            end += section.Length;
        }
        ulong tail = sections.Count == 0 ? 0 : (ulong)SectionBuilder.TailBytes;
        Require(room - end == tail, $"{room - end} bytes follow the last section, expected {tail}");
        RequireZeros(start + (long)end, (int)tail);
    }

    /// <summary>Compares the hashes of all sections with their bytes.</summary>
    /// <exception cref="EdgeException">One does not match.</exception>
    public void Verify()
    {
        var intact = new bool[_sections.Count];
        if (_bytes.Length > ParallelBytes)
        {
            Parallel.For(0, intact.Length, i => intact[i] = IsIntact(_sections[i]));
        }
        else
        {
            for (int i = 0; i < intact.Length; i++)
            {
                intact[i] = IsIntact(_sections[i]);
            }
        }
        int broken = Array.IndexOf(intact, false);
        if (broken >= 0)
        {
            throw new EdgeException(EdgeError.FileCorrupt, $"the checksum of weight section {broken} does not match", "copy the file again, or convert the model again");
        }
    }

    /// <summary>Requires padding to be zero.</summary>
    public void RequireZeros(long offset, int count)
    {
        if (new ReadOnlySpan<byte>(_bytes.Data + offset, count).ContainsAnyExcept((byte)0))
        {
            throw new EdgeException(EdgeError.FileCorrupt, $"padding at {offset} is not zero", "copy the file again");
        }
    }

    /// <summary>A tensor over the mapped bytes.</summary>
    /// <param name="info">Of known type and shape, within the limits.</param>
    /// <param name="what">Named in errors.</param>
    /// <exception cref="EdgeException">The place breaks a rule.</exception>
    public Tensor Wrap(Wire.Blob? blob, TensorInfo info, string what)
    {
        Require(blob is not null, $"{what} has no place in the file");
        Require(blob!.Length == (ulong)info.Bytes, $"{what} has {blob.Length} bytes, {info} needs {info.Bytes}");
        if (info.Bytes == 0)
        {
            return Tensor.Allocate(info);
        }
        Require(blob.Section < (uint)_sections.Count, $"{what} lies in section {blob.Section} of {_sections.Count}");
        Wire.Section section = _sections[(int)blob.Section];
        Require(blob.Offset % AlignedBuffer.Alignment == 0, $"{what} lies at {blob.Offset}, expected a multiple of {AlignedBuffer.Alignment}");
        Require(blob.Offset <= section.Length && blob.Length <= section.Length - blob.Offset, $"{what} has {blob.Length} bytes at {blob.Offset}, its section has {section.Length}");
        Tensor tensor = Tensor.Wrap(info, _bytes.Data + _start + (long)section.Offset + (long)blob.Offset, _bytes);
        // Kernels take the byte of a bool as an index or a mask.
        Require(info.Type != DataType.Bool || !tensor.ByteSpan().ContainsAnyExceptInRange((byte)0, (byte)1), $"{what} holds a bool that is neither 0 nor 1");
        return tensor;
    }

    private bool IsIntact(Wire.Section section)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte* at = _bytes.Data + _start + (long)section.Offset;
        for (long rest = (long)section.Length; rest > 0;)
        {
            int chunk = (int)Math.Min(rest, HashChunk);
            hash.AppendData(new ReadOnlySpan<byte>(at, chunk));
            at += chunk;
            rest -= chunk;
        }
        return hash.GetHashAndReset().AsSpan().SequenceEqual(section.Sha256.Span);
    }
}
