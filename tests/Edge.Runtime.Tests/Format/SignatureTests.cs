using System.Security.Cryptography;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Tests.Format;

public class SignatureTests
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly string Private = Key.ExportPkcs8PrivateKeyPem();
    private static readonly string Public = Key.ExportSubjectPublicKeyInfoPem();
    private static readonly string Stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfoPem();
    private static readonly byte[] Signed = EdgeWriter.WriteToArray(SampleModels.Small(), new WriteOptions { SigningKeyPem = Private });
    private static readonly byte[] Unsigned = EdgeWriter.WriteToArray(SampleModels.Small());

    [Fact]
    public void SignedFileIsReadWithAndWithoutTheKey()
    {
        Assert.NotNull(EdgeReader.Read(Signed));
        Assert.NotNull(EdgeReader.Read(Signed, new ReadOptions { PublicKeyPem = Public, RequireSignature = true }));
        Assert.NotNull(EdgeReader.Read(Signed, new ReadOptions { PublicKeyPem = Private }));
    }

    [Fact]
    public void OtherKeysAndMissingSignaturesAreRefused()
    {
        RequireRefused(Signed, new ReadOptions { PublicKeyPem = Stranger });
        RequireRefused(Unsigned, new ReadOptions { PublicKeyPem = Public });
        RequireRefused(Unsigned, new ReadOptions { RequireSignature = true });
        RequireRefused(Signed, new ReadOptions { RequireSignature = true });
    }

    [Fact]
    public void ChangedHeaderWithAFittingDigestIsRefused()
    {
        byte[] header = ForgedFile.Header(Signed);
        byte[] file = [.. Signed];
        file[Preamble.Size + header.AsSpan().IndexOf("small"u8)] = (byte)'S';
        Preamble.Digest(file.AsSpan(0, Preamble.Size + header.Length + HeaderSignature.Size)).CopyTo(file.AsSpan(Preamble.DigestOffset));

        Assert.Equal("Small", EdgeReader.Read(file).Graph.Name);
        RequireRefused(file, new ReadOptions { PublicKeyPem = Public });
    }

    [Fact]
    public void RemovedSignatureIsRefused() =>
        RequireRefused(ForgedFile.WithHeader(Signed, ForgedFile.Header(Signed)), new ReadOptions { PublicKeyPem = Public });

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    public void UnusableKeysAreReported(string pem)
    {
        Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => EdgeWriter.WriteToArray(SampleModels.Small(), new WriteOptions { SigningKeyPem = pem })).Error);
        Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => EdgeReader.Read(Signed, new ReadOptions { PublicKeyPem = pem })).Error);
    }

    [Fact]
    public void OtherCurvesAndPublicKeysCannotSign()
    {
        string p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384).ExportPkcs8PrivateKeyPem();
        foreach (string pem in new[] { p384, Public })
        {
            Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => EdgeWriter.WriteToArray(SampleModels.Small(), new WriteOptions { SigningKeyPem = pem })).Error);
        }
    }

    private static void RequireRefused(byte[] file, ReadOptions options) =>
        Assert.Equal(EdgeError.SignatureInvalid, Assert.Throws<EdgeException>(() => EdgeReader.Read(file, options)).Error);
}
