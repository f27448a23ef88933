using System.Numerics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Gemm;

/// <summary>The naive row: the formula of <see cref="GemmProblem"/>, one output after another, summed in double.</summary>
internal sealed unsafe class GemmReference<T>(GemmProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
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
                    double value = problem.Alpha * Dot(a + (i * problem.AStrides.Row), b + (j * problem.BStrides.Column));
                    if (problem.Addend is { } addend)
                    {
                        value += problem.Beta * double.CreateTruncating(c[(i * addend.RowStride) + (j * addend.ColumnStride)]);
                    }
                    *y = T.CreateTruncating(problem.Activation.Apply(value));
                }
            }
        }
    }

    private double Dot(T* a, T* b)
    {
        double sum = 0;
        for (long k = 0; k < problem.K; k++)
        {
            sum += double.CreateTruncating(a[k * problem.AStrides.Column]) * double.CreateTruncating(b[k * problem.BStrides.Row]);
        }
        return sum;
    }
}
