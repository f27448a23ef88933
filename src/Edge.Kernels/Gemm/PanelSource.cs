using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Gemm;

/// <summary>
/// Delivers one operand of a product as panels: for each depth the values of <see cref="Width"/> adjacent lanes (rows of a,
/// columns of b), zeros beyond the last lane.
/// </summary>
internal abstract unsafe class PanelSource(int width) : IDisposable
{
    /// <summary>Lanes per panel.</summary>
    public int Width => width;

    /// <summary>Bytes held for packed constants.</summary>
    public virtual long PackedBytes => 0;

    /// <summary>Floats of working memory that <see cref="Get"/> needs for a block.</summary>
    public abstract long ScratchFloats(int panels, int depth);

    /// <summary>Panels <paramref name="first"/> to first + panels - 1 of matrix <paramref name="batch"/>, depths from..from+depth-1.</summary>
    public abstract PanelBlock Get(in TileArguments arguments, int batch, int first, int panels, int from, int depth, float* scratch);

    public virtual void Dispose()
    {
    }
}

/// <summary>Panels in memory, each (depth, width).</summary>
/// <param name="stride">Distance between panels in elements.</param>
internal readonly unsafe struct PanelBlock(float* start, long stride)
{
    public float* Panel(int index) => start + (index * stride);
}
