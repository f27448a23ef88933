using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Google.Protobuf;

namespace Edge.Runtime.Format;

/// <summary>
/// Writes <c>.edge</c> files; <see cref="EdgeReader"/> reads them. Equal models give equal bytes (signatures apart), on every
/// machine and in every culture.
/// </summary>
public static class EdgeWriter
{
    /// <summary>
    /// Writes a model beside <paramref name="path"/>, reads its header back, and moves it there: a reader never sees half a file,
    /// and a file that could not be loaded never takes the place of one that can.
    /// </summary>
    /// <exception cref="EdgeException">The file cannot be written, the signing key is not usable, or the model breaks a rule of the format.</exception>
    public static void Write(ModelFile model, string path, WriteOptions? options = null)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                Write(model, file, options ?? WriteOptions.Default);
                file.Flush(flushToDisk: true);
            }
            EdgeReader.Read(temporary, new ReadOptions { VerifyWeights = false });
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the file cannot be written: {exception.Message}", "check the folder, its permissions and the free space", path, exception);
        }
        finally
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>The bytes of the file.</summary>
    /// <exception cref="EdgeException">The signing key is not usable, or the model breaks a rule of the format.</exception>
    public static byte[] WriteToArray(ModelFile model, WriteOptions? options = null)
    {
        using var stream = new MemoryStream();
        Write(model, stream, options ?? WriteOptions.Default);
        return stream.ToArray();
    }

    /// <summary>Writes preamble, header and signature for a header made elsewhere, without any check: for tests of the reader.</summary>
    internal static byte[] WriteHead(byte[] header, long sectionBytes, WriteOptions options)
    {
        int signatureBytes = options.SigningKeyPem is null ? 0 : HeaderSignature.Size;
        var preamble = new Preamble(Preamble.CurrentMajor, Preamble.CurrentMinor, header.Length, signatureBytes, 0);
        preamble = preamble with { FileBytes = preamble.SectionsStart + sectionBytes };
        var head = new byte[preamble.SectionsStart];
        preamble.Write(head);
        header.CopyTo(head, Preamble.Size);
        int signed = Preamble.Size + header.Length;
        if (options.SigningKeyPem is { } key)
        {
            HeaderSignature.Sign(head.AsSpan(0, signed), key).CopyTo(head, signed);
        }
        Preamble.Digest(head.AsSpan(0, signed + signatureBytes)).CopyTo(head, Preamble.DigestOffset);
        return head;
    }

    private static void Write(ModelFile model, Stream stream, WriteOptions options)
    {
        var sections = new SectionBuilder();
        Wire.Header message = HeaderWriter.Write(model, sections);
        long sectionBytes = message.Sections.Count == 0 ? 0 : message.Sections.Sum(s => (long)s.Length) + SectionBuilder.TailBytes;
        stream.Write(WriteHead(message.ToByteArray(), sectionBytes, options));
        foreach (Tensor tensor in sections.Sections.SelectMany(s => s))
        {
            stream.Write(tensor.ByteSpan());
            stream.Write(SectionBuilder.Padding(tensor.Bytes));
        }
        if (sectionBytes > 0)
        {
            stream.Write(new byte[SectionBuilder.TailBytes]);
        }
    }
}
