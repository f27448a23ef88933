namespace Edge.Runtime.Format;

/// <summary>How a file is written.</summary>
public sealed record WriteOptions
{
    public static readonly WriteOptions Default = new();

    /// <summary>ECDSA P-256 private key in PEM form; null leaves the file unsigned.</summary>
    public string? SigningKeyPem { get; init; }
}
