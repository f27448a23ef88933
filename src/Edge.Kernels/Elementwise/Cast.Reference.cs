using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>One element after the other.</summary>
internal sealed unsafe class CastReference<TFrom, TTo>(long count) : Kernel
    where TFrom : unmanaged, INumber<TFrom>
    where TTo : unmanaged, INumber<TTo>
{
    public override void Run(in KernelContext context)
    {
        var source = (TFrom*)context.Input(0);
        var target = (TTo*)context.Output(0);
        if (NumberKind<TFrom>.IsFloat && !NumberKind<TTo>.IsFloat)
        {
            for (long i = 0; i < count; i++)
            {
                target[i] = TTo.CreateSaturating(source[i]);
            }
            return;
        }
        for (long i = 0; i < count; i++)
        {
            target[i] = TTo.CreateTruncating(source[i]);
        }
    }
}

/// <summary>To bool: whether an element is not zero.</summary>
internal sealed unsafe class CastToBool<TFrom>(long count) : Kernel where TFrom : unmanaged, INumber<TFrom>
{
    public override void Run(in KernelContext context)
    {
        var source = (TFrom*)context.Input(0);
        byte* target = context.Output(0);
        for (long i = 0; i < count; i++)
        {
            target[i] = (byte)(source[i] != TFrom.Zero ? 1 : 0);
        }
    }
}

/// <summary>Makes the kernel for two types known at run time; bool is read as u8.</summary>
internal readonly struct CastMaker(CastProblem problem) : IDataTypeVisitor<Kernel>
{
    public static Kernel Make(CastProblem problem) => problem.From == problem.To
        ? new CopyKernel(0, problem.Count * problem.From.Size())
        : (problem.From == DataType.Bool ? DataType.U8 : problem.From).Visit<CastMaker, Kernel>(new CastMaker(problem));

    public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => problem.To == DataType.Bool
        ? new CastToBool<T>(problem.Count)
        : problem.To.Visit<TargetMaker<T>, Kernel>(new TargetMaker<T>(problem.Count));

    private readonly struct TargetMaker<TFrom>(long count) : IDataTypeVisitor<Kernel> where TFrom : unmanaged, INumber<TFrom>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new CastReference<TFrom, T>(count);
    }
}
