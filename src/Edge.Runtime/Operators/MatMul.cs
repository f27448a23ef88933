using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

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
        MatMulSizes sizes = MatMulSizes.Measure(request.Inputs);
        (long[] a, long[] b) = (sizes.AOffsets(), sizes.BOffsets());
        int m = sizes.M;
        if (a.Length > 1 && b.All(offset => offset == 0) && IsDense(a, (long)sizes.M * sizes.K) && (long)m * a.Length <= int.MaxValue)
        {
            // One B for all: the matrices of A lie one after another and make one tall matrix.
            m *= a.Length;
            a = [0];
            b = [0];
        }
        var problem = new GemmProblem(request.Inputs.Type(0), m, sizes.N, sizes.K, false, false, 1, 1, a, b, null, Activation) { ConstantB = request.Inputs.Constant(1) is not null };
        return GemmKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * MatMulSizes.Measure(request.Inputs).K, Cost.TotalBytes(request));

    public override int[] Parameters => [0, 1];

    /// <summary>dA = dY B', dB = A' dY, summed over broadcast batches; one product for all where B is a matrix.</summary>
    public override void Differentiate(GradientContext context)
    {
        Shape a = context.InputShape(0);
        Shape b = context.InputShape(1);
        if (a.Rank < 2 || b.Rank < 2)
        {
            throw GradientRules.Missing($"A has shape {a} and B {b}, gradients are known for matrices and batches of them");
        }
        Value dy = context.Gradient;
        if (b.Rank == 2)
        {
            Value rows = context.Reshape(dy, new Shape((int)a.CountRange(0, a.Rank - 1), b[1]));
            if (context.Wants(0))
            {
                context.Give(0, context.Reshape(context.Add(new Gemm { TransB = true }, rows, context.Input(1)), a));
            }
            if (context.Wants(1))
            {
                context.Give(1, context.Add(new Gemm { TransA = true }, context.Reshape(context.Input(0), new Shape((int)a.CountRange(0, a.Rank - 1), b[0])), rows));
            }
            return;
        }
        if (context.Wants(0))
        {
            context.Give(0, context.SumTo(context.Add(new MatMul(), dy, Transposed(context, context.Input(1))), a));
        }
        if (context.Wants(1))
        {
            context.Give(1, context.SumTo(context.Add(new MatMul(), Transposed(context, context.Input(0)), dy), b));
        }
    }

    private static Value Transposed(GradientContext context, Value matrices)
    {
        int rank = matrices.Info.KnownShape.Rank;
        return context.Add(new Transpose { Permutation = [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2] }, matrices);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        TypeRules.RequireSameType(inputs, 1);
        return [new TensorInfo(inputs.Type(0), MatMulSizes.Measure(inputs).Output)];
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
}
