using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Tests.Format;

/// <summary>Files that were damaged on their way.</summary>
public class DamageTests
{
    private static readonly string Key = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem();

    public static TheoryData<string, byte[]> Files => new()
    {
        { "small", EdgeWriter.WriteToArray(SampleModels.Small()) },
        { "full", EdgeWriter.WriteToArray(SampleModels.Full()) },
        { "signed", EdgeWriter.WriteToArray(SampleModels.Small(), new WriteOptions { SigningKeyPem = Key }) },
    };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void EveryTruncationIsRefused(string name, byte[] file)
    {
        for (int length = 0; length < file.Length; length++)
        {
            var error = Assert.Throws<EdgeException>(() => EdgeReader.Read(file.AsSpan(0, length)));
            EdgeError expected = length == 0 ? EdgeError.NotAnEdgeFile : EdgeError.FileTruncated;
            Assert.True(error.Error == expected, $"{name} cut to {length} bytes: {error.Message}");
        }
    }

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void EverySingleBitFlipIsRefused(string name, byte[] file)
    {
        Assert.NotNull(EdgeReader.Read(file));
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            var error = Record.Exception(() => EdgeReader.Read(file));
            Assert.True(error is EdgeException, $"{name} with bit {bit} flipped: {error?.ToString() ?? "is accepted"}");
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void BytesAfterTheEndAreRefused()
    {
        byte[] file = [.. EdgeWriter.WriteToArray(SampleModels.Small()), 0];
        Assert.Equal(EdgeError.FileCorrupt, Assert.Throws<EdgeException>(() => EdgeReader.Read(file)).Error);
    }

    [Fact]
    public void DamagedWeightsPassWhereTheyAreNotVerified()
    {
        byte[] file = EdgeWriter.WriteToArray(SampleModels.Small());
        file[^(SectionBuilder.TailBytes + AlignedBuffer.Alignment)] ^= 1;
        Assert.Equal(EdgeError.FileCorrupt, Assert.Throws<EdgeException>(() => EdgeReader.Read(file)).Error);
        Assert.NotNull(EdgeReader.Read(file, new ReadOptions { VerifyWeights = false }));
    }

    [Fact]
    public void OtherFilesAreNotEdgeFiles()
    {
        foreach (string text in new[] { "PK\u0003\u0004", "\u0008\u0008onnx", "EDG\r\n", "hello world, this is a text of more than 64 characters, you see?" })
        {
            var error = Assert.Throws<EdgeException>(() => EdgeReader.Read(System.Text.Encoding.Latin1.GetBytes(text)));
            Assert.Equal(EdgeError.NotAnEdgeFile, error.Error);
        }
    }

    [Fact]
    public void NewerMajorVersionIsRefusedWithBothVersions()
    {
        byte[] file = EdgeWriter.WriteToArray(SampleModels.Small());
        file[8] = 2;
        var error = Assert.Throws<EdgeException>(() => EdgeReader.Read(file));
        Assert.Equal(EdgeError.FormatVersion, error.Error);
        Assert.Contains("2.0", error.Message, StringComparison.Ordinal);
        Assert.Contains("1.x", error.Message, StringComparison.Ordinal);
        Assert.Contains("update Edge", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NewerMinorVersionWithUnknownFieldsIsRead()
    {
        byte[] file = EdgeWriter.WriteToArray(SampleModels.Small());
        // Field 100 of the header: a string; field 101: a number.
        byte[] header = [.. ForgedFile.Header(file), 0xA2, 0x06, 0x02, (byte)'h', (byte)'i', 0xA8, 0x06, 0x07];
        byte[] newer = ForgedFile.WithHeader(file, header);
        newer[10] = 9;
        Preamble.Digest(newer.AsSpan(0, Preamble.Size + header.Length)).CopyTo(newer.AsSpan(Preamble.DigestOffset));
        Assert.Equal("small", EdgeReader.Read(newer).Graph.Name);
    }
}
