namespace Edge.Runtime.Format;

/// <summary>How far a file is trusted.</summary>
public sealed record ReadOptions
{
    public static readonly ReadOptions Default = new();

    /// <summary>
    /// Whether the SHA-256 of every weight section is checked, which reads the whole file. Without it the header is still
    /// checked, and pages of weights are read when they are first used.
    /// </summary>
    public bool VerifyWeights { get; init; } = true;

    /// <summary>The file must carry a signature by this ECDSA P-256 key, in PEM form.</summary>
    public string? PublicKeyPem { get; init; }

    /// <summary>Refuse files whose signature cannot be checked: unsigned ones, and all of them without <see cref="PublicKeyPem"/>.</summary>
    public bool RequireSignature { get; init; }
}
