using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>
/// A broadcasting loop nest with as few axes as possible: axes of length 1 are dropped, and neighbours that every operand
/// walks through evenly are joined. What remains are rows, in which each operand advances by 1 or stays (stride 0). Rows are
/// cut into pieces of <see cref="Chunks.Elements"/>, and groups of rows are the chunks for the threads.
/// </summary>
internal sealed class BroadcastPlan
{
    /// <summary>Most operands, the output included.</summary>
    public const int MaxOperands = 4;

    /// <summary>Most axes that the rows are counted along.</summary>
    public const int MaxAxes = 32;

    /// <param name="output">The broadcast shape; operand 0.</param>
    /// <param name="inputs">Operands 1 and up; each broadcasts to <paramref name="output"/>.</param>
    public BroadcastPlan(Shape output, params ReadOnlySpan<Shape> inputs)
    {
        var strides = new List<long[]> { Broadcast.Strides(output, output) };
        foreach (Shape input in inputs)
        {
            strides.Add(Broadcast.Strides(input, output));
        }
        (List<int> dims, List<long[]> steps) = Collapse(output, strides);
        RowStrides = [.. strides.Select((_, k) => dims.Count == 0 ? 1 : (int)steps[^1][k])];
        RowLength = dims.Count == 0 ? (int)output.Count : dims[^1];
        PieceLength = Math.Min(RowLength, Chunks.Elements);
        Pieces = PieceLength == 0 ? 0 : (RowLength + PieceLength - 1) / PieceLength;
        Dims = [.. dims.Take(dims.Count - 1), Pieces];
        OuterStrides = [.. strides.Select((_, k) => (long[])[.. steps.Take(dims.Count - 1).Select(s => s[k]), (long)RowStrides[k] * PieceLength])];
        Rows = output.Count == 0 ? 0 : Dims.Aggregate(1L, (product, dim) => checked(product * dim));
        RowsPerChunk = Math.Max(1, Chunks.Elements / Math.Max(1, PieceLength));
        ChunkCount = checked((int)((Rows + RowsPerChunk - 1) / RowsPerChunk));
    }

    /// <summary>Axes that rows are counted along; the last one counts the pieces of a row.</summary>
    public int[] Dims { get; }

    /// <summary>Per operand, the step along each of <see cref="Dims"/>, in elements.</summary>
    public long[][] OuterStrides { get; }

    /// <summary>Per operand, the step inside a row: 0 or 1.</summary>
    public int[] RowStrides { get; }

    public int RowLength { get; }

    /// <summary>Elements of every piece but perhaps the last of a row.</summary>
    public int PieceLength { get; }

    public int Pieces { get; }

    /// <summary>Number of pieces in all.</summary>
    public long Rows { get; }

    public int RowsPerChunk { get; }

    public int ChunkCount { get; }

    private static (List<int> Dims, List<long[]> Steps) Collapse(Shape output, List<long[]> strides)
    {
        var dims = new List<int>();
        var steps = new List<long[]>();
        for (int axis = 0; axis < output.Rank; axis++)
        {
            int dim = output[axis];
            long[] step = [.. strides.Select(s => s[axis])];
            if (dim == 1)
            {
                continue;
            }
            if (dims.Count > 0 && steps[^1].Zip(step).All(pair => pair.First == pair.Second * dim) && (long)dims[^1] * dim <= int.MaxValue)
            {
                dims[^1] *= dim;
                steps[^1] = step;
                continue;
            }
            dims.Add(dim);
            steps.Add(step);
        }
        return (dims, steps);
    }
}

/// <summary>A position in a <see cref="BroadcastPlan"/>: the offset of each operand at the start of a piece of a row.</summary>
internal unsafe struct BroadcastCursor
{
    private fixed int _index[BroadcastPlan.MaxAxes];
    private fixed long _offset[BroadcastPlan.MaxOperands];

    /// <summary>Moves to piece <paramref name="row"/>.</summary>
    public void Start(BroadcastPlan plan, long row)
    {
        for (int k = 0; k < plan.OuterStrides.Length; k++)
        {
            _offset[k] = 0;
        }
        for (int axis = plan.Dims.Length - 1; axis >= 0; axis--)
        {
            _index[axis] = (int)(row % plan.Dims[axis]);
            row /= plan.Dims[axis];
            for (int k = 0; k < plan.OuterStrides.Length; k++)
            {
                _offset[k] += _index[axis] * plan.OuterStrides[k][axis];
            }
        }
    }

    /// <summary>Moves to the next piece; from the last one, to the first.</summary>
    public void Next(BroadcastPlan plan)
    {
        for (int axis = plan.Dims.Length - 1; axis >= 0; axis--)
        {
            bool wraps = ++_index[axis] == plan.Dims[axis];
            long steps = wraps ? 1 - plan.Dims[axis] : 1;
            for (int k = 0; k < plan.OuterStrides.Length; k++)
            {
                _offset[k] += steps * plan.OuterStrides[k][axis];
            }
            if (!wraps)
            {
                return;
            }
            _index[axis] = 0;
        }
    }

    /// <summary>Offset of an operand in elements.</summary>
    public readonly long Offset(int operand) => _offset[operand];

    /// <summary>Elements of the current piece.</summary>
    public readonly int Length(BroadcastPlan plan)
    {
        int piece = _index[plan.Dims.Length - 1];
        return Math.Min(plan.PieceLength, plan.RowLength - (piece * plan.PieceLength));
    }
}
