using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Einstein's sum: for every index of the output labels, the sum over the other labels of the product of the operands.
/// </summary>
/// <param name="Sizes">Size of each label; output labels first, in the order of the output.</param>
/// <param name="OutputLabels">Number of output labels.</param>
/// <param name="Strides">For each operand the stride, in elements, of each label; 0 where it has not got the label.</param>
public sealed record EinsumProblem(int[] Sizes, int OutputLabels, long[][] Strides, DataType Type)
{
    public override string ToString() => $"einsum over {new Shape(Sizes)}, {OutputLabels} kept, {Strides.Length} operands of {Type.Name()}";
}

/// <summary>Sums of products over labelled axes.</summary>
public static class EinsumKernels
{
    public static readonly KernelTable<EinsumProblem> Table = new(
        "einsum",
        [
            new("einsum_any_ref", CpuFeatures.None, p => p.Type is not (DataType.Bool or DataType.Unknown), p => p.Type.Visit<Visitor, Kernel>(new Visitor(p))),
        ]);

    private readonly struct Visitor(EinsumProblem problem) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> =>
            problem.Type.IsFloat() ? new EinsumReference<T, double>(problem) : new EinsumReference<T, T>(problem);
    }
}

/// <summary>All products of an output element one after the other, floating point in double precision.</summary>
internal sealed unsafe class EinsumReference<T, TSum>(EinsumProblem problem) : Kernel
    where T : unmanaged, INumber<T>
    where TSum : unmanaged, INumber<TSum>
{
    private readonly long _outputs = new Shape(problem.Sizes.AsSpan(0, problem.OutputLabels)).Count;
    private readonly long _terms = new Shape(problem.Sizes.AsSpan(problem.OutputLabels)).Count;
    private readonly long[][] _strides = problem.Strides;

    public override void Run(in KernelContext context)
    {
        var target = (T*)context.Output(0);
        for (long output = 0; output < _outputs; output++)
        {
            TSum sum = TSum.Zero;
            for (long term = 0; term < _terms; term++)
            {
                TSum product = TSum.One;
                for (int operand = 0; operand < _strides.Length; operand++)
                {
                    product *= TSum.CreateTruncating(((T*)context.Input(operand))[Place(_strides[operand], output, term)]);
                }
                sum += product;
            }
            target[output] = T.CreateTruncating(sum);
        }
    }

    private long Place(long[] strides, long output, long term)
    {
        long place = 0;
        for (int label = problem.Sizes.Length - 1; label >= 0; label--)
        {
            ref long rest = ref label >= problem.OutputLabels ? ref term : ref output;
            place += rest % problem.Sizes[label] * strides[label];
            rest /= problem.Sizes[label];
        }
        return place;
    }
}
