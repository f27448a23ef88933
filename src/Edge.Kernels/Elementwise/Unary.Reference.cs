using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>The naive row of a function of real numbers: one element after the other, in double precision.</summary>
internal sealed unsafe class UnaryReference<TFormula, TElement>(UnaryProblem problem) : Kernel
    where TFormula : struct, IUnaryReference
    where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        for (long i = 0; i < problem.Count; i++)
        {
            target[i] = TElement.CreateTruncating(TFormula.Apply(double.CreateTruncating(source[i]), problem.Alpha, problem.Beta));
        }
    }
}

/// <summary>The naive row of a question about real numbers; the answers are bool tensors.</summary>
internal sealed unsafe class PredicateReference<TFormula, TElement>(UnaryProblem problem) : Kernel
    where TFormula : struct, IUnaryPredicate
    where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        byte* target = context.Output(0);
        for (long i = 0; i < problem.Count; i++)
        {
            target[i] = (byte)(TFormula.Apply(double.CreateTruncating(source[i]), problem.Alpha, problem.Beta) ? 1 : 0);
        }
    }
}

/// <summary>The row of a function of integers; parameters are saturated to the type.</summary>
internal sealed unsafe class IntegerUnary<TFormula, TElement>(UnaryProblem problem) : Kernel
    where TFormula : struct, IIntegerFormula
    where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        var alpha = TElement.CreateSaturating(problem.Alpha);
        var beta = TElement.CreateSaturating(problem.Beta);
        for (long i = 0; i < problem.Count; i++)
        {
            target[i] = TFormula.Apply(source[i], alpha, beta);
        }
    }
}

/// <summary>Makes an <see cref="IntegerUnary{TFormula, TElement}"/> for a type known at run time; bool counts as u8.</summary>
internal readonly struct IntegerUnaryMaker<TFormula>(UnaryProblem problem) : IDataTypeVisitor<Kernel>
    where TFormula : struct, IIntegerFormula
{
    public static Kernel Make(UnaryProblem problem) =>
        (problem.Type == DataType.Bool ? DataType.U8 : problem.Type).Visit<IntegerUnaryMaker<TFormula>, Kernel>(new IntegerUnaryMaker<TFormula>(problem));

    public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new IntegerUnary<TFormula, T>(problem);
}
