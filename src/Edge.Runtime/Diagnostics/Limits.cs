namespace Edge.Runtime.Diagnostics;

/// <summary>Hard limits that untrusted files cannot pass.</summary>
public static class Limits
{
    /// <summary>Largest tensor, in bytes: what a span can address.</summary>
    public const long MaxTensorBytes = int.MaxValue;

    /// <summary>Largest rank of a tensor.</summary>
    public const int MaxRank = 16;

    /// <summary>Most nodes in a graph.</summary>
    public const int MaxNodes = 1_000_000;

    /// <summary>Most inputs plus outputs of a node.</summary>
    public const int MaxNodeValues = 65_536;

    /// <summary>Longest name or label, in UTF-16 code units.</summary>
    public const int MaxName = 65_536;

    /// <summary>Largest protobuf header of an <c>.edge</c> file, in bytes.</summary>
    public const int MaxHeaderBytes = 256 << 20;

    /// <summary>Most bytes that folding may compute during one conversion.</summary>
    public const long MaxFoldedBytes = 4L << 30;
}
