using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>Running sums or products along an axis.</summary>
/// <param name="Product">Products instead of sums.</param>
/// <param name="Exclusive">Element i gets what precedes it, without itself.</param>
/// <param name="Reverse">From the end of the axis to its start.</param>
public sealed record CumulateProblem(DataType Type, Shape Shape, int Axis, bool Product, bool Exclusive, bool Reverse) : AxisProblem(Type, Shape, Axis);

/// <summary>CumSum and CumProd. Float32 is accumulated in double precision, integers wrap.</summary>
public static class CumulateKernels
{
    public static readonly KernelTable<CumulateProblem> Table = new(
        "cumulate",
        [
            new("cumulate_any_ref", CpuFeatures.None, p => p.Type is not (DataType.F16 or DataType.Bool or DataType.Unknown), Make),
        ]);

    private static Kernel Make(CumulateProblem problem) => problem.Type == DataType.F32
        ? new CumulateReference<float, double>(problem)
        : problem.Type.Visit<Maker, Kernel>(new Maker(problem));

    private readonly struct Maker(CumulateProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new CumulateReference<T, T>(problem);
    }
}

/// <summary>One line along the axis after the other.</summary>
internal sealed unsafe class CumulateReference<TElement, TSum>(CumulateProblem problem) : Kernel
    where TElement : unmanaged, INumber<TElement>
    where TSum : unmanaged, INumber<TSum>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        long first = problem.Reverse ? (problem.Length - 1) * problem.Inner : 0;
        long step = problem.Reverse ? -problem.Inner : problem.Inner;
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (long inner = 0; inner < problem.Inner; inner++)
            {
                long start = (outer * problem.Length * problem.Inner) + inner + first;
                Line(source + start, target + start, step);
            }
        }
    }

    private void Line(TElement* source, TElement* target, long step)
    {
        TSum sum = problem.Product ? TSum.One : TSum.Zero;
        for (long i = 0; i < problem.Length; i++)
        {
            TSum x = TSum.CreateTruncating(source[i * step]);
            TSum next = problem.Product ? sum * x : sum + x;
            target[i * step] = TElement.CreateTruncating(problem.Exclusive ? sum : next);
            sum = next;
        }
    }
}
