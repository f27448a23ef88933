using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>
/// The upper (column &gt;= row + k) or lower (column &lt;= row + k) triangle of each matrix, zeros elsewhere.
/// </summary>
/// <param name="K">The diagonal.</param>
/// <param name="DiagonalIsInput">The diagonal is input 1 (s64) instead.</param>
public sealed record TriluProblem(long Matrices, int Rows, int Columns, bool Upper, long K, int ElementBytes, bool DiagonalIsInput = false);

/// <summary>Triangles of matrices.</summary>
public static class TriluKernels
{
    public static readonly KernelTable<TriluProblem> Table = new(
        "trilu",
        [
            new("trilu_any_scalar_runs", CpuFeatures.None, _ => true, p => new TriluRuns(p)),
            new("trilu_any_ref", CpuFeatures.None, _ => true, p => new TriluReference(p)),
        ]);
}

/// <summary>The naive row: element by element.</summary>
internal sealed unsafe class TriluReference(TriluProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        Int128 k = problem.DiagonalIsInput ? *(long*)context.Input(1) : problem.K;
        int bytes = problem.ElementBytes;
        long place = 0;
        for (long row = 0; row < problem.Matrices * problem.Rows; row++)
        {
            for (int column = 0; column < problem.Columns; column++)
            {
                Int128 diagonal = (row % problem.Rows) + k;
                bool kept = problem.Upper ? column >= diagonal : column <= diagonal;
                for (int b = 0; b < bytes; b++, place++)
                {
                    context.Output(0)[place] = kept ? context.Input(0)[place] : (byte)0;
                }
            }
        }
    }
}

/// <summary>Each row is one copy and one run of zeros. Input and output may be the same memory.</summary>
internal sealed unsafe class TriluRuns(TriluProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        long k = problem.DiagonalIsInput ? *(long*)context.Input(1) : problem.K;
        // Beyond the matrix every diagonal gives the same triangle.
        k = Math.Clamp(k, -(long)problem.Rows, problem.Columns);
        long rowBytes = (long)problem.Columns * problem.ElementBytes;
        byte* source = context.Input(0);
        byte* target = context.Output(0);
        for (long i = 0; i < problem.Matrices * problem.Rows; i++)
        {
            long row = i % problem.Rows;
            long cut = Math.Clamp(row + k + (problem.Upper ? 0 : 1), 0, problem.Columns) * problem.ElementBytes;
            long first = problem.Upper ? cut : 0;
            long kept = problem.Upper ? rowBytes - cut : cut;
            if (source != target)
            {
                Buffer.MemoryCopy(source + first, target + first, kept, kept);
            }
            new Span<byte>(target + (problem.Upper ? 0 : kept), (int)(rowBytes - kept)).Clear();
            source += rowBytes;
            target += rowBytes;
        }
    }
}
