using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// The sizes of a product A * B as numpy.matmul has it: for each batch an (M, K) by a (K, N) matrix. The axes before the last
/// two are batches, which broadcast; a 1-D A is a row and a 1-D B a column, and that axis is missing in the output.
/// </summary>
internal sealed record MatMulSizes(int M, int N, int K, int[] ABatch, int[] BBatch, int[] Batch, Shape Output)
{
    /// <summary>Sizes for inputs 0 and 1.</summary>
    /// <exception cref="EdgeException">The shapes do not fit.</exception>
    public static MatMulSizes Measure(in OperatorInputs inputs)
    {
        Shape a = inputs.Shape(0);
        Shape b = inputs.Shape(1);
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
        int[] batch = Combine(a, b, aBatch, bBatch);
        int[] row = a.Rank > 1 ? [a[^2]] : [];
        int[] column = b.Rank > 1 ? [b[^1]] : [];
        return new MatMulSizes(a.Rank == 1 ? 1 : a[^2], b.Rank == 1 ? 1 : b[^1], k, aBatch, bBatch, batch, new Shape([.. batch, .. row, .. column]));
    }

    /// <summary>Where the matrix of each batch starts in A; empty where the output is.</summary>
    public long[] AOffsets() => BroadcastOffsets(ABatch, (long)M * K);

    /// <summary>Where the matrix of each batch starts in B; empty where the output is.</summary>
    public long[] BOffsets() => BroadcastOffsets(BBatch, (long)K * N);

    /// <summary>For each batch the place of its part in a tensor that has <paramref name="step"/> elements for each index of <paramref name="dims"/>.</summary>
    /// <param name="dims">Broadcasts to <see cref="Batch"/>.</param>
    public long[] BroadcastOffsets(int[] dims, long step)
    {
        if (Output.Count == 0)
        {
            return [];
        }
        var offsets = new long[new Shape(Batch).Count];
        for (long z = 0; z < offsets.Length; z++)
        {
            offsets[z] = Offset(z, dims) * step;
        }
        return offsets;
    }

    private static int[] Combine(Shape a, Shape b, int[] aBatch, int[] bBatch)
    {
        var batch = new int[Math.Max(aBatch.Length, bBatch.Length)];
        for (int i = 1; i <= batch.Length; i++)
        {
            int left = i <= aBatch.Length ? aBatch[^i] : 1;
            int right = i <= bBatch.Length ? bBatch[^i] : 1;
            batch[^i] = left == right || right == 1 ? left : left == 1 ? right : throw new EdgeException(
                EdgeError.ShapeMismatch, $"the batch axes of {a} and {b} do not broadcast: {left} against {right}", "check the input's size");
        }
        return batch;
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
