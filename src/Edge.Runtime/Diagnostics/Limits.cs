using Edge.Kernels.Tensors;

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

    /// <summary>Deepest nesting of calls of functions that an ONNX model defines.</summary>
    public const int MaxCallDepth = 64;

    /// <summary>Most nodes that the calls of such functions may stand for.</summary>
    public const int MaxCalledNodes = 100_000;

    /// <summary>Most bytes that these nodes may have beyond a small multiple of the file's own.</summary>
    public const long MaxCalledBytes = 16 << 20;

    /// <summary>Most inputs plus outputs of a node.</summary>
    public const int MaxNodeValues = 65_536;

    /// <summary>Longest name or label, in UTF-16 code units.</summary>
    public const int MaxName = 65_536;

    /// <summary>Largest protobuf header of an <c>.edge</c> file, in bytes.</summary>
    public const int MaxHeaderBytes = 64 << 20;

    /// <summary>Most nodes, values, attributes, labels and other items in a header together.</summary>
    public const int MaxHeaderMessages = 2_000_000;

    /// <summary>Most numbers in lists of a header (dimensions, indexes, histograms) together.</summary>
    public const int MaxHeaderNumbers = 16_000_000;

    /// <summary>Most weight sections of an <c>.edge</c> file.</summary>
    public const int MaxSections = 65_536;

    /// <summary>Most golden samples of an <c>.edge</c> file.</summary>
    public const int MaxGoldens = 1_000;

    /// <summary>Largest side of an image and longest signal window.</summary>
    public const int MaxSamples = 1 << 24;

    /// <summary>Most bytes that folding may compute during one conversion.</summary>
    public const long MaxFoldedBytes = 4L << 30;

    /// <summary>Refuses a tensor of more dimensions or bytes than supported.</summary>
    /// <exception cref="EdgeException">The rank or the size is too large.</exception>
    public static void Require(TensorInfo info)
    {
        if (info.Shape is not { } shape)
        {
            return;
        }
        if (shape.Rank > MaxRank)
        {
            throw new EdgeException(EdgeError.TooLarge, $"an output has rank {shape.Rank}, at most {MaxRank} is supported");
        }
        if (shape.Count > MaxTensorBytes || info.Bytes > MaxTensorBytes)
        {
            throw new EdgeException(EdgeError.TooLarge, $"an output {info} is larger than 2 GiB, the limit of one tensor", "reduce the input size or the batch with --input-shape");
        }
    }
}
