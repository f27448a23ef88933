using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>activation(alpha * A' * B' + beta * C) for matrices A' = A or its transpose [M,K], B' [K,N] and C that broadcasts to [M,N].</summary>
public sealed record Gemm : Operator
{
    public const string Name = "Gemm";

    public float Alpha { get; init; } = 1;

    public float Beta { get; init; } = 1;

    /// <summary>A is stored as [K,M].</summary>
    public bool TransA { get; init; }

    /// <summary>B is stored as [N,K].</summary>
    public bool TransB { get; init; }

    public Activation Activation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Gemm
    {
        Alpha = reader.Float("alpha", 1),
        Beta = reader.Float("beta", 1),
        TransA = reader.Flag("transA"),
        TransB = reader.Flag("transB"),
        Activation = reader.Activation(),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Float("alpha", Alpha, 1);
        writer.Float("beta", Beta, 1);
        writer.Flag("transA", TransA);
        writer.Flag("transB", TransB);
        writer.Activation(Activation);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        (int m, int n, int k) = Sizes(inputs);
        GemmAddend? addend = inputs.Has(2) ? Addend(inputs.Shape(2), n) : null;
        var problem = new GemmProblem(inputs.Type(0), m, n, k, TransA, TransB, Alpha, Beta, [0], [0], addend, Activation) { ConstantB = inputs.Constant(1) is not null };
        return GemmKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * Sizes(request.Inputs).K, Cost.TotalBytes(request));

    public override int[] Parameters => [1, 2];

    public override void Differentiate(GradientContext context)
    {
        Value dy = context.Gradient;
        if (context.Wants(0))
        {
            context.Give(0, TransA
                ? context.Add(new Gemm { Alpha = Alpha, TransA = TransB, TransB = true }, context.Input(1), dy)
                : context.Add(new Gemm { Alpha = Alpha, TransB = !TransB }, dy, context.Input(1)));
        }
        if (context.Wants(1))
        {
            context.Give(1, TransB
                ? context.Add(new Gemm { Alpha = Alpha, TransA = true, TransB = TransA }, dy, context.Input(0))
                : context.Add(new Gemm { Alpha = Alpha, TransA = !TransA }, context.Input(0), dy));
        }
        if (context.Wants(2))
        {
            Value scaled = Beta == 1 ? dy : context.Multiply(dy, context.Scalar(Beta));
            context.Give(2, context.SumTo(scaled, context.InputShape(2)));
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 3);
        TypeRules.RequireSameType(inputs, 1);
        TypeRules.RequireSameType(inputs, 2);
        (int m, int n, _) = Sizes(inputs);
        if (inputs.Has(2))
        {
            Shape c = inputs.Shape(2);
            bool fits = c.Rank <= 2 && (c.Rank < 1 || c[^1] == 1 || c[^1] == n) && (c.Rank < 2 || c[0] == 1 || c[0] == m);
            if (!fits)
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"C has shape {c}, expected one that broadcasts to [{m},{n}]");
            }
        }
        return [new TensorInfo(inputs.Type(0), new Shape(m, n))];
    }

    private static GemmAddend Addend(Shape c, int n)
    {
        int columns = c.Rank < 1 ? 1 : c[^1];
        int rows = c.Rank < 2 ? 1 : c[0];
        return new GemmAddend(rows == 1 ? 0 : columns, columns == 1 && n != 1 ? 0 : 1);
    }

    private (int M, int N, int K) Sizes(in OperatorInputs inputs)
    {
        Shape a = inputs.Shape(0);
        Shape b = inputs.Shape(1);
        if (a.Rank != 2 || b.Rank != 2)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"A has shape {a} and B {b}, both must be matrices", "insert a Flatten or use MatMul");
        }
        (int m, int k) = TransA ? (a[1], a[0]) : (a[0], a[1]);
        (int rows, int n) = TransB ? (b[1], b[0]) : (b[0], b[1]);
        return k == rows ? (m, n, k) : throw new EdgeException(
            EdgeError.ShapeMismatch, $"A {a}{(TransA ? " transposed" : "")} has {k} columns, B {b}{(TransB ? " transposed" : "")} has {rows} rows; both must be equal", "check the input's size");
    }
}
