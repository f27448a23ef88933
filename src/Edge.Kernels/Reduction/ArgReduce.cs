using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>The position (s64) of the largest or least element along an axis.</summary>
/// <param name="Least">Least instead of largest.</param>
/// <param name="SelectLast">Among equals take the last, else the first.</param>
public sealed record ArgReduceProblem(DataType Type, Shape Shape, int Axis, bool Least, bool SelectLast) : AxisProblem(Type, Shape, Axis);

/// <summary>ArgMax and ArgMin. A NaN counts as both larger and smaller than every number, as in NumPy.</summary>
public static class ArgReduceKernels
{
    public static readonly KernelTable<ArgReduceProblem> Table = new(
        "argreduce",
        [
            new("argreduce_any_ref", CpuFeatures.None, p => p.Type is not (DataType.F16 or DataType.Bool or DataType.Unknown), p => p.Type.Visit<Maker, Kernel>(new Maker(p))),
        ]) { Device = () => ReduceDevice.Arg };

    private readonly struct Maker(ArgReduceProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new ArgReduceReference<T>(problem);
    }
}

/// <summary>One result after the other.</summary>
internal sealed unsafe class ArgReduceReference<TElement>(ArgReduceProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (long*)context.Output(0);
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (long inner = 0; inner < problem.Inner; inner++)
            {
                target[(outer * problem.Inner) + inner] = Find(source + (outer * problem.Length * problem.Inner) + inner);
            }
        }
    }

    private int Find(TElement* source)
    {
        int best = 0;
        TElement value = *source;
        for (int i = 1; i < problem.Length; i++)
        {
            TElement x = source[i * problem.Inner];
            if (Beats(x, value) || (problem.SelectLast && x == value))
            {
                best = i;
                value = x;
            }
        }
        return best;
    }

    private bool Beats(TElement x, TElement value) =>
        NumberKind<TElement>.IsFloat && (TElement.IsNaN(x) || TElement.IsNaN(value))
            ? !TElement.IsNaN(value)
            : problem.Least ? x < value : x > value;
}
