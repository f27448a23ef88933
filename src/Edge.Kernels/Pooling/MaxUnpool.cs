using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Pooling;

/// <summary>y is zero except y[index[i]] = x[i]. Inputs: x, indices (s64, as MaxPool writes them).</summary>
/// <param name="Count">Elements of x.</param>
/// <param name="OutputCount">Elements of y.</param>
/// <param name="ElementBytes">1, 2, 4 or 8: elements are moved, not read.</param>
public sealed record MaxUnpoolProblem(long Count, long OutputCount, int ElementBytes);

/// <summary>The inverse of max pooling.</summary>
public static class MaxUnpoolKernels
{
    public static readonly KernelTable<MaxUnpoolProblem> Table = new(
        "maxunpool",
        [
            new("maxunpool_any_ref", CpuFeatures.None, _ => true, p => new MaxUnpoolReference(p)),
        ]);
}

/// <summary>The naive row.</summary>
internal sealed unsafe class MaxUnpoolReference(MaxUnpoolProblem problem) : Kernel
{
    /// <exception cref="KernelValueException">An index is outside the output.</exception>
    public override void Run(in KernelContext context)
    {
        int bytes = problem.ElementBytes;
        byte* x = context.Input(0);
        long* indices = (long*)context.Input(1);
        byte* y = context.Output(0);
        System.Runtime.InteropServices.NativeMemory.Clear(y, (nuint)(problem.OutputCount * bytes));
        for (long i = 0; i < problem.Count; i++)
        {
            long at = indices[i];
            if (at < 0 || at >= problem.OutputCount)
            {
                throw new KernelValueException($"indices[{i}] is {at}, the output has {problem.OutputCount} elements");
            }
            Buffer.MemoryCopy(x + (i * bytes), y + (at * bytes), bytes, bytes);
        }
    }
}
