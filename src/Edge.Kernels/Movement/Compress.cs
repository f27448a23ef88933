using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Input 0 is (rows, dim, inner); of the slices along dim those are kept whose element of input 1 (bool) is true. Slices
/// beyond the end of input 1 are dropped.
/// </summary>
/// <param name="Output">Shape of the output with any dimension at <paramref name="Axis"/>.</param>
/// <param name="Conditions">Elements of input 1, at most <paramref name="Dim"/>.</param>
public sealed record CompressProblem(long Rows, int Dim, long InnerBytes, int Conditions, Shape Output, int Axis);

/// <summary>Selection of slices by a mask; the output's shape depends on the mask.</summary>
public static class CompressKernels
{
    public static readonly KernelTable<CompressProblem> Table = new(
        "compress",
        [
            new("compress_any_ref", CpuFeatures.None, _ => true, p => new CompressReference(p)),
        ]);
}

/// <summary>One block copy per kept slice.</summary>
internal sealed unsafe class CompressReference(CompressProblem problem) : Kernel, IDataDependentKernel
{
    public Shape[] MeasureOutputs(in KernelContext context)
    {
        int kept = 0;
        for (int i = 0; i < problem.Conditions; i++)
        {
            kept += context.Input(1)[i] != 0 ? 1 : 0;
        }
        return [problem.Output.With(problem.Axis, kept)];
    }

    public override void Run(in KernelContext context)
    {
        byte* source = context.Input(0);
        byte* target = context.Output(0);
        for (long row = 0; row < problem.Rows; row++)
        {
            for (int i = 0; i < problem.Conditions; i++)
            {
                if (context.Input(1)[i] != 0)
                {
                    Buffer.MemoryCopy(source + (i * problem.InnerBytes), target, problem.InnerBytes, problem.InnerBytes);
                    target += problem.InnerBytes;
                }
            }
            source += problem.Dim * problem.InnerBytes;
        }
    }
}
