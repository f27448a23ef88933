using System.Security.Cryptography;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Format;

/// <summary>
/// ECDSA P-256 signature (r and s, 32 bytes each) over the SHA-256 of the preamble's first 32 bytes and the header. The header
/// holds the hashes of all sections, so the signature covers the whole file.
/// </summary>
internal static class HeaderSignature
{
    public const int Size = 64;

    private const string P256 = "1.2.840.10045.3.1.7";

    /// <param name="head">Preamble and header, without signature.</param>
    /// <exception cref="EdgeException">The key is not usable.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> head, string privateKeyPem)
    {
        try
        {
            using ECDsa key = Import(privateKeyPem, "signing");
            return key.SignHash(Preamble.Digest(head), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException exception)
        {
            throw NoKey("signing", exception);
        }
    }

    /// <summary>Checks a signature against the options; unsigned files pass where no signature is asked for.</summary>
    /// <param name="head">Preamble and header, without signature.</param>
    /// <exception cref="EdgeException">The signature is missing or wrong, or there is no key to check it with.</exception>
    public static void Check(ReadOnlySpan<byte> head, ReadOnlySpan<byte> signature, ReadOptions options)
    {
        if (options.PublicKeyPem is null && !options.RequireSignature)
        {
            return;
        }
        if (signature.IsEmpty)
        {
            throw new EdgeException(EdgeError.SignatureInvalid, "the file is not signed, a signature is required", "sign it with edge-convert --sign KEY.pem");
        }
        if (options.PublicKeyPem is null)
        {
            throw new EdgeException(EdgeError.SignatureInvalid, "a signature is required, but no public key to check it with is given", "give the public key");
        }
        if (!Verify(head, signature, options.PublicKeyPem))
        {
            throw new EdgeException(EdgeError.SignatureInvalid, "the signature was not made with this key for this file", "use the key of the signer; do not run the file if it came from elsewhere");
        }
    }

    private static bool Verify(ReadOnlySpan<byte> head, ReadOnlySpan<byte> signature, string publicKeyPem)
    {
        try
        {
            using ECDsa key = Import(publicKeyPem, "public");
            return key.VerifyHash(Preamble.Digest(head), signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException exception)
        {
            throw NoKey("public", exception);
        }
    }

    private static ECDsa Import(string pem, string what)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.ExportParameters(false).Curve.Oid.Value == P256)
            {
                return key;
            }
            throw NoKey(what, null);
        }
        catch (Exception exception)
        {
            key.Dispose();
            throw exception as EdgeException ?? NoKey(what, exception);
        }
    }

    private static EdgeException NoKey(string what, Exception? inner) =>
        new(EdgeError.BadOption, $"the {what} key is no ECDSA P-256 key in PEM form", "make one with: openssl ecparam -name prime256v1 -genkey -noout -out key.pem", inner: inner);
}
