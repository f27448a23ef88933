namespace Edge.Kernels.Elementwise;

/// <summary>How elementwise loops are split among threads: pieces small enough for the L1 cache, large enough to be worth a hand-over.</summary>
internal static class Chunks
{
    /// <summary>Elements per piece; a multiple of every lane count.</summary>
    public const int Elements = 8192;

    /// <summary>Number of pieces for <paramref name="count"/> elements.</summary>
    public static int Of(long count) => checked((int)((count + Elements - 1) / Elements));

    /// <summary>Length of piece <paramref name="chunk"/>.</summary>
    public static long Length(long count, int chunk) => Math.Min(Elements, count - ((long)chunk * Elements));
}
