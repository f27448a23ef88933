using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>
/// Products of integers, which wrap around on overflow. Only plain products and sums (alpha and beta are whole numbers, no
/// activation).
/// </summary>
internal static class GemmIntegerReference
{
    public static bool Fits(GemmProblem problem) =>
        problem.Type.IsInteger() && problem.Activation == Activation.None && IsWhole(problem.Alpha) && IsWhole(problem.Beta);

    public static Kernel Create(GemmProblem problem) => problem.Type.Visit<Factory, Kernel>(new Factory(problem));

    private static bool IsWhole(float value) => MathF.Abs(value) <= 1 << 20 && value == MathF.Truncate(value);

    private readonly struct Factory(GemmProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new GemmIntegerReference<T>(problem);
    }
}

/// <inheritdoc cref="GemmIntegerReference"/>
internal sealed unsafe class GemmIntegerReference<T>(GemmProblem problem) : Kernel
    where T : unmanaged, INumber<T>
{
    private readonly T _alpha = T.CreateTruncating((int)problem.Alpha);
    private readonly T _beta = T.CreateTruncating((int)problem.Beta);

    public override void Run(in KernelContext context)
    {
        T* c = problem.Addend is null ? null : (T*)context.Input(2);
        T* y = (T*)context.Output(0);
        for (int z = 0; z < problem.Batch; z++)
        {
            T* a = (T*)context.Input(0) + problem.AOffsets[z];
            T* b = (T*)context.Input(1) + problem.BOffsets[z];
            for (int i = 0; i < problem.M; i++)
            {
                for (int j = 0; j < problem.N; j++, y++)
                {
                    T value = _alpha * Dot(a + (i * problem.AStrides.Row), b + (j * problem.BStrides.Column));
                    *y = problem.Addend is { } addend ? value + (_beta * c[(i * addend.RowStride) + (j * addend.ColumnStride)]) : value;
                }
            }
        }
    }

    private T Dot(T* a, T* b)
    {
        T sum = T.Zero;
        for (long k = 0; k < problem.K; k++)
        {
            sum = unchecked(sum + (a[k * problem.AStrides.Column] * b[k * problem.BStrides.Row]));
        }
        return sum;
    }
}
