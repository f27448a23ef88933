using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// activation(A * B) as numpy.matmul has it: the last two axes are matrices, the others broadcast; a 1-D A is a row and a 1-D
/// B a column, and that axis is missing in the result.
/// </summary>
public sealed record MatMul : Operator
{
    public const string Name = "MatMul";

    public Activation Activation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new MatMul { Activation = reader.Activation() };

    public override void WriteAttributes(AttributeWriter writer) => writer.Activation(Activation);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Sizes sizes = Measure(request.Inputs);
        (long[] a, long[] b) = request.OutputShape().Count == 0 ? ([], []) : Offsets(sizes);
        int m = sizes.M;
        if (a.Length > 1 && b.All(offset => offset == 0) && IsDense(a, (long)sizes.M * sizes.K) && (long)m * a.Length <= int.MaxValue)
        {
            // One B for all: the matrices of A lie one after another and make one tall matrix.
            m *= a.Length;
            a = [0];
            b = [0];
        }
        var problem = new GemmProblem(request.Inputs.Type(0), m, sizes.N, sizes.K, false, false, 1, 1, a, b, null, Activation);
        return GemmKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * Measure(request.Inputs).K, Cost.TotalBytes(request));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        TypeRules.RequireSameType(inputs, 1);
        Sizes sizes = Measure(inputs);
        List<int> dims = [.. sizes.Batch];
        if (inputs.Shape(0).Rank > 1)
        {
            dims.Add(sizes.M);
        }
        if (inputs.Shape(1).Rank > 1)
        {
            dims.Add(sizes.N);
        }
        return [new TensorInfo(inputs.Type(0), new Shape([.. dims]))];
    }

    private static bool IsDense(long[] offsets, long step)
    {
        for (int i = 0; i < offsets.Length; i++)
        {
            if (offsets[i] != i * step)
            {
                return false;
            }
        }
        return true;
    }

    private static Sizes Measure(in OperatorInputs inputs)
    {
        Shape a = inputs.Shape(0);
        Shape b = inputs.Shape(1);
        if (a.Rank == 0 || b.Rank == 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the inputs have shapes {a} and {b}, scalars cannot be multiplied as matrices", "use Mul");
        }
        int k = a[^1];
        int rows = b.Rank == 1 ? b[0] : b[^2];
        int[] aBatch = a.Rank > 2 ? a.ToArray()[..^2] : [];
        int[] bBatch = b.Rank > 2 ? b.ToArray()[..^2] : [];
        if (k != rows)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"A {a} has {k} columns, B {b} has {rows} rows; both must be equal", "check the input's size");
        }
        var batch = new int[Math.Max(aBatch.Length, bBatch.Length)];
        for (int i = 1; i <= batch.Length; i++)
        {
            int left = i <= aBatch.Length ? aBatch[^i] : 1;
            int right = i <= bBatch.Length ? bBatch[^i] : 1;
            batch[^i] = left == right || right == 1 ? left : left == 1 ? right : throw new EdgeException(
                EdgeError.ShapeMismatch, $"the batch axes of {a} and {b} do not broadcast: {left} against {right}", "check the input's size");
        }
        return new Sizes(a.Rank == 1 ? 1 : a[^2], b.Rank == 1 ? 1 : b[^1], k, aBatch, bBatch, batch);
    }

    /// <summary>Where the matrices of each batch start.</summary>
    private static (long[] A, long[] B) Offsets(Sizes sizes)
    {
        long count = new Shape(sizes.Batch).Count;
        var a = new long[count];
        var b = new long[count];
        for (long z = 0; z < count; z++)
        {
            a[z] = Offset(z, sizes.ABatch, sizes.Batch) * sizes.M * sizes.K;
            b[z] = Offset(z, sizes.BBatch, sizes.Batch) * sizes.K * sizes.N;
        }
        return (a, b);
    }

    private static long Offset(long index, int[] dims, int[] batch)
    {
        long offset = 0;
        long stride = 1;
        for (int i = 1; i <= dims.Length; i++)
        {
            long at = index % batch[^i];
            index /= batch[^i];
            offset += dims[^i] == 1 ? 0 : at * stride;
            stride *= dims[^i];
        }
        return offset;
    }

    private sealed record Sizes(int M, int N, int K, int[] ABatch, int[] BBatch, int[] Batch);
}
