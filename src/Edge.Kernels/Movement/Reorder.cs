using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>A float32 tensor [N, C, spatial...] changes its layout.</summary>
/// <param name="Positions">Number of spatial positions.</param>
public sealed record ReorderProblem(int Batch, int Channels, long Positions, Layout From, Layout To);

/// <summary>Changes of layout.</summary>
public static class ReorderKernels
{
    public static readonly KernelTable<ReorderProblem> Table = new(
        "reorder",
        [
            new("reorder_f32_v128_tiles", CpuFeatures.Simd128, p => p.From != p.To, p => new ReorderTiles(p)),
            new("reorder_f32_ref", CpuFeatures.None, _ => true, p => new ReorderReference(p)),
        ]);
}

/// <summary>The naive row: one element after another; unused lanes become 0.</summary>
internal sealed unsafe class ReorderReference(ReorderProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        float* source = (float*)context.Input(0);
        float* target = (float*)context.Output(0);
        long sourceImage = problem.From.ImageElements(problem.Channels, problem.Positions);
        long targetImage = problem.To.ImageElements(problem.Channels, problem.Positions);
        for (long i = 0; i < problem.Batch * targetImage; i++)
        {
            target[i] = 0;
        }
        for (int n = 0; n < problem.Batch; n++, source += sourceImage, target += targetImage)
        {
            for (int c = 0; c < problem.Channels; c++)
            {
                for (long p = 0; p < problem.Positions; p++)
                {
                    target[problem.To.Offset(c, p, problem.Positions)] = source[problem.From.Offset(c, p, problem.Positions)];
                }
            }
        }
    }
}
