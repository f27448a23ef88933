namespace Edge.Kernels.Gemm;

/// <summary>How a product is cut into tiles of work for threads.</summary>
/// <param name="Rows">Rows per tile, a multiple of the register tile.</param>
/// <param name="Columns">Columns per tile, a multiple of the register tile.</param>
internal readonly record struct Blocking(int Rows, int Columns, int RowBlocks, int ColumnBlocks)
{
    /// <summary>Columns of b that are packed together: 96 KiB at full depth, which leaves room for a in a second-level cache of 256 KiB.</summary>
    private const int MostColumns = 96;

    /// <summary>Rows of a that are read for each panel of b.</summary>
    private const int MostRows = 384;

    /// <summary>Rows below which packing b for them would cost more than another thread gains.</summary>
    private const int LeastRows = 128;

    /// <summary>Tiles that are enough to keep the threads of a small board busy.</summary>
    private const int EnoughTiles = 16;

    /// <summary>Multiply-adds below which a tile is not worth waking a thread for.</summary>
    private const long LeastWork = 100_000;

    /// <summary>Cuts columns first; rows too where that gives too few tiles.</summary>
    public static Blocking Choose(ProductPlan plan, int tileRows, int tileColumns)
    {
        double work = (double)plan.Batch * plan.M * plan.N * Math.Max(1, plan.K);
        int wanted = (int)Math.Clamp(work / LeastWork, 1, EnoughTiles);
        int columns = Math.Max(1, Math.Min(plan.N, MostColumns));
        columns = RoundUp(columns, tileColumns);
        int columnBlocks = (int)(((long)plan.N + columns - 1) / columns);
        long others = Math.Max(1, (long)plan.Batch * columnBlocks);
        long rowBlocks = Math.Max(Math.Min((wanted + others - 1) / others, plan.M / LeastRows), ((long)plan.M + MostRows - 1) / MostRows);
        rowBlocks = Math.Max(1, rowBlocks);
        int rows = RoundUp((int)Math.Max(1, (plan.M + rowBlocks - 1) / rowBlocks), tileRows);
        return new Blocking(rows, columns, (int)(((long)plan.M + rows - 1) / rows), columnBlocks);
    }

    private static int RoundUp(int value, int multiple) => checked((int)(((long)value + multiple - 1) / multiple * multiple));
}
