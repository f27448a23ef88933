using System.Numerics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Pooling;

/// <summary>The naive row of global averages and norms, summed in double.</summary>
internal sealed unsafe class GlobalPoolReference<T>(GlobalPoolProblem problem, NormFormula formula) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override void Run(in KernelContext context)
    {
        T* x = (T*)context.Input(0);
        T* y = (T*)context.Output(0);
        for (long plane = 0; plane < problem.Planes; plane++)
        {
            double sum = 0;
            for (long i = 0; i < problem.Count; i++, x++)
            {
                sum += formula.Term(double.CreateTruncating(*x));
            }
            y[plane] = T.CreateTruncating(formula.Finish(sum, problem.Count));
        }
    }
}
