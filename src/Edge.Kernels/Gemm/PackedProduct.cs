using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>A batch of products c = a * b whose operands come as panels, and what is added to them.</summary>
/// <param name="A">Panels of rows.</param>
/// <param name="B">Panels of columns.</param>
/// <param name="AddendInput">Index of the input that is added; -1 = none.</param>
/// <param name="AddendMatrices">The addend of batch z starts at (z modulo this) * AddendStep.</param>
/// <param name="ResidualInput">Index of an input laid out like c that is added; -1 = none.</param>
internal sealed unsafe record ProductPlan(
    int Batch, int M, int N, int K, PanelSource A, PanelSource B,
    int AddendInput, GemmAddend Addend, float AddendScale, int AddendMatrices, long AddendStep, int ResidualInput, Activation Activation) : IDisposable
{
    /// <summary>Bytes held for packed operands.</summary>
    public long PackedBytes => A.PackedBytes + B.PackedBytes;

    /// <summary>Packs the operands that are constant.</summary>
    public void Bind(ReadOnlySpan<Tensor?> inputs)
    {
        (A as StridedPanels)?.Bind(inputs);
        (B as StridedPanels)?.Bind(inputs);
    }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    /// <summary>What happens to the products of the block that starts at a row and a column of matrix <paramref name="batch"/>.</summary>
    public TileFinish Finish(in TileArguments arguments, int batch, int row, int column)
    {
        var finish = new TileFinish { Alpha = Activation.Alpha, Beta = Activation.Beta, AddendScale = AddendScale };
        if (AddendInput >= 0)
        {
            finish.AddendRow = Addend.RowStride;
            finish.AddendColumn = Addend.ColumnStride;
            finish.Addend = arguments.Input(AddendInput) + (batch % AddendMatrices * AddendStep)
                + (row * finish.AddendRow) + (column * finish.AddendColumn);
        }
        if (ResidualInput >= 0)
        {
            finish.Residual = arguments.Input(ResidualInput) + ((((long)batch * M) + row) * N) + column;
        }
        return finish;
    }
}


/// <summary>
/// Computes blocks of a product. The depth is split so that a panel of b stays in the first-level cache; partial sums wait
/// in c. Each element is summed in the same order whatever block it belongs to.
/// </summary>
internal sealed unsafe class PackedProduct<TLanes, TEpilogue>(ProductPlan plan, int mostRows, int mostColumns)
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Depths that are summed in registers: 16 KiB of b for 16 columns.</summary>
    private const int DepthBlock = 256;

    private const int Rows = RegisterTile<TLanes, TEpilogue>.Rows;

    private readonly int _rowPanels = CeilDivide(mostRows, Rows);
    private readonly int _columnPanels = CeilDivide(mostColumns, RegisterTile<TLanes, TEpilogue>.Columns);

    /// <summary>Floats of working memory that <see cref="Compute"/> needs.</summary>
    public long ScratchFloats => plan.A.ScratchFloats(_rowPanels, Depth) + plan.B.ScratchFloats(_columnPanels, Depth);

    private int Depth => Math.Min(DepthBlock, plan.K);

    public static int CeilDivide(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);

    /// <summary>Computes rows row.. and columns column.. of matrix <paramref name="batch"/>; both starts are multiples of the tile.</summary>
    /// <param name="c">Where the block goes.</param>
    /// <param name="stride">Distance between rows of c.</param>
    public void Compute(in TileArguments arguments, int batch, int row, int rows, int column, int columns, float* c, long stride, float* scratch)
    {
        TileFinish finish = plan.Finish(arguments, batch, row, column);
        finish.C = c;
        finish.Stride = stride;
        int rowPanels = CeilDivide(rows, Rows);
        int columnPanels = CeilDivide(columns, plan.B.Width);
        float* scratchOfB = scratch + plan.A.ScratchFloats(_rowPanels, Depth);
        for (int from = 0; from == 0 || from < plan.K; from += DepthBlock)
        {
            int depth = Math.Min(DepthBlock, plan.K - from);
            PanelBlock a = plan.A.Get(arguments, batch, row / Rows, rowPanels, from, depth, scratch);
            PanelBlock b = plan.B.Get(arguments, batch, column / plan.B.Width, columnPanels, from, depth, scratchOfB);
            finish.Last = from + depth >= plan.K;
            MultiplyBlock(a, b, depth, finish, rows, columns);
            finish.Accumulate = true;
            finish.Addend = null;
            finish.Residual = null;
        }
        if (Epilogues.IsSeparate(plan.Activation.Kind))
        {
            for (int i = 0; i < rows; i++)
            {
                plan.Activation.ApplyInPlace(c + (i * stride), columns);
            }
        }
    }

    private static void MultiplyBlock(PanelBlock a, PanelBlock b, int depth, in TileFinish finish, int rows, int columns)
    {
        int width = RegisterTile<TLanes, TEpilogue>.Columns;
        for (int j = 0; j < columns; j += width)
        {
            for (int i = 0; i < rows; i += Rows)
            {
                RegisterTile<TLanes, TEpilogue>.Multiply(
                    depth, a.Panel(i / Rows), b.Panel(j / width), finish.At(i, j), Math.Min(Rows, rows - i), Math.Min(width, columns - j));
            }
        }
    }
}
