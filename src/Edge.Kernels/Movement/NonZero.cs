using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// The indices of the elements other than zero, in row-major order: output[a, n] is the index along axis a of the n-th of them.
/// NaN is other than zero, -0 is not.
/// </summary>
public sealed record NonZeroProblem(Shape Input, DataType Type);

/// <summary>Where a tensor is not zero; the output's shape depends on the values.</summary>
public static class NonZeroKernels
{
    public static readonly KernelTable<NonZeroProblem> Table = new(
        "nonzero",
        [
            new("nonzero_any_ref", CpuFeatures.None, _ => true, Create),
        ]);

    private static Kernel Create(NonZeroProblem problem) =>
        problem.Type == DataType.Bool ? new NonZeroReference<byte>(problem) : problem.Type.Visit<Visitor, Kernel>(new Visitor(problem));

    private readonly struct Visitor(NonZeroProblem problem) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new NonZeroReference<T>(problem);
    }
}

/// <summary>Two walks over the input: one counts, one writes.</summary>
internal sealed unsafe class NonZeroReference<T>(NonZeroProblem problem) : Kernel, IDataDependentKernel where T : unmanaged, INumber<T>
{
    private readonly long _count = problem.Input.Count;
    private readonly int[] _dims = problem.Input.ToArray();

    public Shape[] MeasureOutputs(in KernelContext context) => [new Shape(_dims.Length, checked((int)CountNonZero((T*)context.Input(0))))];

    public override void Run(in KernelContext context)
    {
        var input = (T*)context.Input(0);
        var target = (long*)context.Output(0);
        long found = CountNonZero(input);
        long next = 0;
        for (long i = 0; i < _count; i++)
        {
            if (T.IsZero(input[i]))
            {
                continue;
            }
            long rest = i;
            for (int axis = _dims.Length - 1; axis >= 0; axis--)
            {
                target[(axis * found) + next] = rest % _dims[axis];
                rest /= _dims[axis];
            }
            next++;
        }
    }

    private long CountNonZero(T* input)
    {
        long found = 0;
        for (long i = 0; i < _count; i++)
        {
            found += T.IsZero(input[i]) ? 0 : 1;
        }
        return found;
    }
}
