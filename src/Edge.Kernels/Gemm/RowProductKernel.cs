using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>
/// Computes the products of a <see cref="ProductPlan"/> with few rows, as of fully connected layers at batch 1: each panel of b is
/// read once from its beginning to its end, which is what memory delivers fastest. Panels of a are single rows.
/// </summary>
internal sealed unsafe class RowProductKernel<TLanes, TEpilogue> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Multiply-adds below which a tile is not worth waking a thread for.</summary>
    private const long LeastWork = 100_000;

    /// <summary>Tiles that are enough to keep the threads of a small board busy.</summary>
    private const int EnoughTiles = 32;

    private readonly ProductPlan _plan;
    private readonly int _panels;
    private readonly int _tilesPerProduct;

    public RowProductKernel(ProductPlan plan, int inputs) : base(inputs)
    {
        _plan = plan;
        int width = plan.B.Width;
        _panels = (int)(((long)plan.N + width - 1) / width);
        long tiles = (long)((double)plan.M * plan.N * plan.K / LeastWork);
        _tilesPerProduct = (int)Math.Clamp(tiles, 1, Math.Max(1, Math.Min(EnoughTiles, _panels)));
    }

    public override long PackedBytes => _plan.PackedBytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        _plan.Bind(inputs);
        SetTiles((long)_plan.Batch * _tilesPerProduct, (ScratchOfA + _plan.B.ScratchFloats(1, _plan.K)) * sizeof(float));
    }

    private long ScratchOfA => _plan.A.ScratchFloats(_plan.M, _plan.K);

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        int batch = tile / _tilesPerProduct;
        int part = tile % _tilesPerProduct;
        int first = (int)((long)_panels * part / _tilesPerProduct);
        int last = (int)((long)_panels * (part + 1) / _tilesPerProduct);
        int width = _plan.B.Width;
        TileFinish finish = _plan.Finish(arguments, batch, 0, first * width);
        finish.C = (float*)arguments.Output + ((long)batch * _plan.M * _plan.N) + ((long)first * width);
        finish.Stride = _plan.N;
        finish.Last = true;
        PanelBlock a = _plan.A.Get(arguments, batch, 0, _plan.M, 0, _plan.K, (float*)scratch);
        for (int panel = first; panel < last; panel++)
        {
            float* b = _plan.B.Get(arguments, batch, panel, 1, 0, _plan.K, (float*)scratch + ScratchOfA).Panel(0);
            for (int row = 0; row < _plan.M; row++)
            {
                RowTile<TLanes, TEpilogue>.Multiply(
                    _plan.K, a.Panel(row), 1, b, finish.At(row, (panel - first) * width), Math.Min(width, _plan.N - (panel * width)));
            }
        }
        if (Epilogues.IsSeparate(_plan.Activation.Kind))
        {
            for (int row = 0; row < _plan.M; row++)
            {
                _plan.Activation.ApplyInPlace(finish.C + (row * finish.Stride), Math.Min(_plan.N, last * width) - (first * width));
            }
        }
    }

    protected override void Dispose(bool disposing) => _plan.Dispose();
}
