using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>Computes all products of a <see cref="ProductPlan"/> into output 0, (batch, m, n), tile by tile.</summary>
internal sealed unsafe class PackedProductKernel<TLanes, TEpilogue> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    private readonly ProductPlan _plan;
    private readonly Blocking _blocking;
    private readonly PackedProduct<TLanes, TEpilogue> _product;

    public PackedProductKernel(ProductPlan plan, int inputs) : base(inputs)
    {
        _plan = plan;
        _blocking = Blocking.Choose(plan, RegisterTile<TLanes, TEpilogue>.Rows, RegisterTile<TLanes, TEpilogue>.Columns);
        _product = new PackedProduct<TLanes, TEpilogue>(plan, _blocking.Rows, _blocking.Columns);
    }

    public override long PackedBytes => _plan.PackedBytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        _plan.Bind(inputs);
        SetTiles((long)_plan.Batch * _blocking.RowBlocks * _blocking.ColumnBlocks, _product.ScratchFloats * sizeof(float));
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        int rowBlock = tile % _blocking.RowBlocks;
        int columnBlock = tile / _blocking.RowBlocks % _blocking.ColumnBlocks;
        int batch = tile / _blocking.RowBlocks / _blocking.ColumnBlocks;
        int row = rowBlock * _blocking.Rows;
        int column = columnBlock * _blocking.Columns;
        float* c = (float*)arguments.Output + ((((long)batch * _plan.M) + row) * _plan.N) + column;
        _product.Compute(
            arguments, batch, row, Math.Min(_blocking.Rows, _plan.M - row), column, Math.Min(_blocking.Columns, _plan.N - column), c, _plan.N, (float*)scratch);
    }

    protected override void Dispose(bool disposing) => _plan.Dispose();
}
