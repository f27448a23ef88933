using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// The sizes of a product as numpy.matmul has it: the last two axes are matrices, the others broadcast; a 1-D A is a row and a
/// 1-D B a column, and that axis is missing in the result.
/// </summary>
/// <param name="M">Rows of A.</param>
/// <param name="N">Columns of B.</param>
/// <param name="K">Columns of A and rows of B.</param>
/// <param name="ABatch">Axes of A before its matrix.</param>
/// <param name="BBatch">Axes of B before its matrix.</param>
/// <param name="Batch">Both, broadcast.</param>
/// <param name="Output">Shape of the result.</param>
internal sealed record MatMulSizes(int M, int N, int K, int[] ABatch, int[] BBatch, int[] Batch, Shape Output)
{
    /// <exception cref="EdgeException">The shapes do not fit.</exception>
    public static MatMulSizes Of(Shape a, Shape b)
    {
        if (a.Rank == 0 || b.Rank == 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the inputs have shapes {a} and {b}, scalars cannot be multiplied as matrices", "use Mul");
        }
        int k = a[^1];
        int rows = b.Rank == 1 ? b[0] : b[^2];
        if (k != rows)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"A {a} has {k} columns, B {b} has {rows} rows; both must be equal", "check the input's size");
        }
        int[] aBatch = a.Rank > 2 ? a.ToArray()[..^2] : [];
        int[] bBatch = b.Rank > 2 ? b.ToArray()[..^2] : [];
        var batch = new int[Math.Max(aBatch.Length, bBatch.Length)];
        for (int i = 1; i <= batch.Length; i++)
        {
            int left = i <= aBatch.Length ? aBatch[^i] : 1;
            int right = i <= bBatch.Length ? bBatch[^i] : 1;
            batch[^i] = left == right || right == 1 ? left : left == 1 ? right : throw new EdgeException(
                EdgeError.ShapeMismatch, $"the batch axes of {a} and {b} do not broadcast: {left} against {right}", "check the input's size");
        }
        int[] m = a.Rank == 1 ? [] : [a[^2]];
        int[] n = b.Rank == 1 ? [] : [b[^1]];
        return new MatMulSizes(m.Length == 0 ? 1 : m[0], n.Length == 0 ? 1 : n[0], k, aBatch, bBatch, batch, new Shape([.. batch, .. m, .. n]));
    }

    /// <summary>Where the matrices of each batch start, in elements; none for an empty result.</summary>
    public (long[] A, long[] B) Offsets()
    {
        long count = Output.Count == 0 ? 0 : new Shape(Batch).Count;
        var a = new long[count];
        var b = new long[count];
        for (long z = 0; z < count; z++)
        {
            a[z] = Offset(z, ABatch) * M * K;
            b[z] = Offset(z, BBatch) * K * N;
        }
        return (a, b);
    }

    private long Offset(long index, int[] dims)
    {
        long offset = 0;
        long stride = 1;
        for (int i = 1; i <= dims.Length; i++)
        {
            long at = index % Batch[^i];
            index /= Batch[^i];
            offset += dims[^i] == 1 ? 0 : at * stride;
            stride *= dims[^i];
        }
        return offset;
    }
}
