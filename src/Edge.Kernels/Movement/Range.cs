using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>output[i] = start + i * delta for i below <paramref name="Count"/>: input 0 is start, input 2 is delta.</summary>
public sealed record RangeProblem(int Count, DataType Type);

/// <summary>Arithmetic sequences.</summary>
public static class RangeKernels
{
    public static readonly KernelTable<RangeProblem> Table = new(
        "range",
        [
            new("range_any_ref", CpuFeatures.None, p => p.Type is not (DataType.Bool or DataType.Unknown), p => p.Type.Visit<Visitor, Kernel>(new Visitor(p))),
        ]);

    private readonly struct Visitor(RangeProblem problem) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new RangeReference<T>(problem);
    }
}

/// <summary>Element by element, without accumulating rounding errors.</summary>
internal sealed unsafe class RangeReference<T>(RangeProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    public override void Run(in KernelContext context)
    {
        T start = *(T*)context.Input(0);
        T delta = *(T*)context.Input(2);
        var target = (T*)context.Output(0);
        for (int i = 0; i < problem.Count; i++)
        {
            target[i] = start + (T.CreateTruncating(i) * delta);
        }
    }
}
