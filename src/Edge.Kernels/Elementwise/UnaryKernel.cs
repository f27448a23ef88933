using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>A unary function of float32 over lanes, split among threads.</summary>
internal sealed unsafe class UnaryKernel<TFormula, T>(UnaryProblem problem) : Kernel
    where TFormula : struct, IUnaryFormula
    where T : struct, ILanes<T>
{
    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, Chunks.Of(problem.Count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        UnaryProblem problem = ((UnaryKernel<TFormula, T>)owner).Problem;
        var ends = (Ends*)state;
        long start = (long)chunk * Chunks.Elements;
        UnaryLoop<TFormula, T>.Run(ends->Source + start, ends->Target + start, Chunks.Length(problem.Count, chunk), problem.Alpha, problem.Beta);
    }

    private UnaryProblem Problem => problem;

    private readonly struct Ends(float* source, float* target)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}
