using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Makes the naive row for any number type.</summary>
internal static class ChannelMaxPoolReference
{
    public static Kernel Create(ChannelMaxPoolProblem problem) => problem.Type.Visit<Factory, Kernel>(new Factory(problem));

    private readonly struct Factory(ChannelMaxPoolProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new ChannelMaxPoolReference<T>(problem);
    }
}

/// <summary>The naive row: one output after another.</summary>
internal sealed unsafe class ChannelMaxPoolReference<T>(ChannelMaxPoolProblem problem) : Kernel
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    /// <summary>-infinity for float types.</summary>
    private static readonly T Least = T.CreateSaturating(double.NegativeInfinity);

    public override void Run(in KernelContext context)
    {
        T* x = (T*)context.Input(0);
        T* y = (T*)context.Output(0);
        for (long o = 0; o < problem.Outer; o++)
        {
            for (long i = 0; i < problem.Inner; i++, y++)
            {
                T best = Least;
                for (long g = 0; g < problem.Group; g++)
                {
                    best = T.Max(best, x[(((o * problem.Group) + g) * problem.Inner) + i]);
                }
                *y = best;
            }
        }
    }
}
