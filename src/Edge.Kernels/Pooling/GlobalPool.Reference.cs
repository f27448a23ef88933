using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>The naive row of global averages and norms, summed in double.</summary>
internal sealed unsafe class GlobalPoolReference<T>(GlobalPoolProblem problem, NormFormula formula) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override void Run(in KernelContext context)
    {
        long image = problem.Layout.ImageElements(problem.Channels, problem.Positions);
        for (long plane = 0; plane < problem.Planes; plane++)
        {
            T* x = (T*)context.Input(0) + (plane / problem.Channels * image);
            double sum = 0;
            for (long i = 0; i < problem.Positions; i++)
            {
                sum += formula.Term(double.CreateTruncating(x[problem.Layout.Offset(plane % problem.Channels, i, problem.Positions)]));
            }
            ((T*)context.Output(0))[plane] = T.CreateTruncating(formula.Finish(sum, problem.Positions));
        }
    }
}

/// <summary>Makes the naive row of the global maximum for any number type.</summary>
internal static class GlobalMaxPoolReference
{
    public static Kernel Create(GlobalPoolProblem problem) => problem.Type.Visit<Factory, Kernel>(new Factory(problem));

    private readonly struct Factory(GlobalPoolProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new GlobalMaxPoolReference<T>(problem);
    }
}

/// <summary>The naive row of the global maximum.</summary>
internal sealed unsafe class GlobalMaxPoolReference<T>(GlobalPoolProblem problem) : Kernel
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    /// <summary>-infinity for float types.</summary>
    private static readonly T Least = T.CreateSaturating(double.NegativeInfinity);

    public override void Run(in KernelContext context)
    {
        long image = problem.Layout.ImageElements(problem.Channels, problem.Positions);
        for (long plane = 0; plane < problem.Planes; plane++)
        {
            T* x = (T*)context.Input(0) + (plane / problem.Channels * image);
            T best = Least;
            for (long i = 0; i < problem.Positions; i++)
            {
                best = T.Max(best, x[problem.Layout.Offset(plane % problem.Channels, i, problem.Positions)]);
            }
            ((T*)context.Output(0))[plane] = best;
        }
    }
}
