using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Google.Protobuf;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>
/// Reads <c>.edge</c> files. The file is not trusted: sizes, indexes, shapes and hashes are checked before anything depends
/// on them, memory is bounded by <see cref="Limits"/>, and every flaw is reported as an <see cref="EdgeException"/>.
/// </summary>
public static class EdgeReader
{
    /// <summary>Reads a model. Weights stay in the file, which is mapped for as long as a tensor of the model is in use.</summary>
    /// <exception cref="EdgeException">The file cannot be read, is damaged, or breaks a rule of the format.</exception>
    public static ModelFile Read(string path, ReadOptions? options = null)
    {
        try
        {
            return Read(ModelBytes.Map(path), options ?? ReadOptions.Default);
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
    }

    /// <summary>Reads a model that is in memory, from a copy.</summary>
    /// <exception cref="EdgeException">The bytes are damaged, or break a rule of the format.</exception>
    public static ModelFile Read(ReadOnlySpan<byte> bytes, ReadOptions? options = null) => Read(ModelBytes.Copy(bytes), options ?? ReadOptions.Default);

    /// <summary>The digest that a file's preamble holds: another one where any byte of the model is another. It is not checked.</summary>
    /// <exception cref="EdgeException">The file cannot be read, or is no <c>.edge</c> file of this major version.</exception>
    public static byte[] DigestOf(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            var head = new byte[Preamble.Size];
            int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            Preamble.Read(head.AsSpan(0, read), file.Length);
            return head[Preamble.DigestOffset..];
        }
        catch (EdgeException exception)
        {
            throw exception.At(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.FileUnreadable, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    private static ModelFile Read(ModelBytes bytes, ReadOptions options)
    {
        // The head is checked and parsed from one copy: a file that changes meanwhile cannot slip through.
        Preamble preamble = Preamble.Read(bytes.ToArray(0, Preamble.Size), bytes.Length);
        byte[] head = bytes.ToArray(0, Preamble.Size + preamble.HeaderBytes + preamble.SignatureBytes);
        if (!Preamble.Digest(head).AsSpan().SequenceEqual(head.AsSpan(Preamble.DigestOffset, Preamble.Size - Preamble.DigestOffset))
            || Preamble.Read(head, bytes.Length) != preamble)
        {
            throw new EdgeException(EdgeError.FileCorrupt, "the checksum of the header does not match", "copy the file again, or convert the model again");
        }
        int signed = Preamble.Size + preamble.HeaderBytes;
        HeaderSignature.Check(head.AsSpan(0, signed), head.AsSpan(signed), options);
        Wire.Header header = Parse(head.AsSpan(Preamble.Size, preamble.HeaderBytes));
        var sections = new SectionTable(bytes, preamble.SectionsStart, header.Sections);
        sections.RequireZeros(head.Length, (int)(preamble.SectionsStart - head.Length));
        if (options.VerifyWeights)
        {
            sections.Verify();
        }
        return Build(header, sections);
    }

    private static Wire.Header Parse(ReadOnlySpan<byte> header)
    {
        HeaderScan.Check(header);
        try
        {
            return Wire.Header.Parser.WithDiscardUnknownFields(true).ParseFrom(header);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw Broken($"the header is not well-formed: {exception.Message}", exception);
        }
    }

    private static ModelFile Build(Wire.Header header, SectionTable sections)
    {
        Graph graph = GraphReader.Read(header.Graph, sections);
        int samples = header.Goldens.Count + header.BriefSamples.Count;
        Require(samples <= Limits.MaxGoldens, $"{samples} golden samples are stored, at most {Limits.MaxGoldens} are allowed");
        return new ModelFile
        {
            Graph = graph,
            Labels = [.. header.Labels.Select(l => GraphReader.Name(l, "a label"))],
            Image = header.Image is { } image ? MetadataReader.Image(image) : null,
            Signal = header.Signal is { } signal ? MetadataReader.Signal(signal) : null,
            Goldens = [.. header.Goldens.Select(g => GoldenFormat.Read(g, graph, sections)), .. header.BriefSamples.Select(g => GoldenFormat.ReadBrief(g, graph, sections))],
            Statistics = [.. header.Statistics.Select(MetadataReader.Statistics)],
            Provenance = MetadataReader.Provenance(header.Provenance),
        };
    }
}
