using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Input 0 holds indices (outer, inner), input 2 the values (off, on): output[o, d, i] is on where d is the index at (o, i),
/// counted from the end where negative; an index out of range gives no on.
/// </summary>
/// <param name="ElementBytes">Size of a value.</param>
public sealed record OneHotProblem(long Outer, int Depth, long Inner, DataType IndexType, int ElementBytes);

/// <summary>Indices as unit vectors.</summary>
public static class OneHotKernels
{
    public static readonly KernelTable<OneHotProblem> Table = new(
        "onehot",
        [
            new("onehot_any_ref", CpuFeatures.None, p => p.IndexType != DataType.Bool, p => p.IndexType.Visit<Visitor, Kernel>(new Visitor(p))),
        ]);

    private readonly struct Visitor(OneHotProblem problem) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new OneHotReference<T>(problem);
    }
}

/// <summary>Element by element.</summary>
internal sealed unsafe class OneHotReference<T>(OneHotProblem problem) : Kernel where T : unmanaged, INumber<T>
{
    public override void Run(in KernelContext context)
    {
        var indices = (T*)context.Input(0);
        byte* target = context.Output(0);
        int bytes = problem.ElementBytes;
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (int depth = 0; depth < problem.Depth; depth++)
            {
                for (long inner = 0; inner < problem.Inner; inner++)
                {
                    long index = long.CreateSaturating(indices[(outer * problem.Inner) + inner]);
                    bool on = index == depth || index + problem.Depth == depth;
                    Buffer.MemoryCopy(context.Input(2) + (on ? bytes : 0), target, bytes, bytes);
                    target += bytes;
                }
            }
        }
    }
}
