using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>A binary function of float32 over lanes, split among threads; an activation is applied while the row is in the cache.</summary>
internal sealed unsafe class BinaryKernel<TFormula, T>(BinaryProblem problem) : Kernel
    where TFormula : struct, IBinaryLaneFormula
    where T : struct, ILanes<T>
{
    private readonly BroadcastPlan _plan = new(problem.Output, problem.A, problem.B);
    private readonly Activation _activation = problem.Activation;

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Input(1), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, _plan.ChunkCount);
    }

    private static void RunChunk(object owner, void* state, int chunk) =>
        Unsafe.As<BinaryKernel<TFormula, T>>(owner).RunRows((Ends*)state, chunk);

    private void RunRows(Ends* ends, int chunk)
    {
        long first = (long)chunk * _plan.RowsPerChunk;
        long end = Math.Min(_plan.Rows, first + _plan.RowsPerChunk);
        Unsafe.SkipInit(out BroadcastCursor cursor);
        cursor.Start(_plan, first);
        for (long row = first; row < end; row++, cursor.Next(_plan))
        {
            float* target = ends->Target + cursor.Offset(0);
            float* a = ends->A + cursor.Offset(1);
            float* b = ends->B + cursor.Offset(2);
            int length = cursor.Length(_plan);
            if (_plan.RowStrides[2] == 0)
            {
                BinaryLoop<TFormula, T>.VectorScalar(a, b, target, length);
            }
            else if (_plan.RowStrides[1] == 0)
            {
                BinaryLoop<TFormula, T>.ScalarVector(a, b, target, length);
            }
            else
            {
                BinaryLoop<TFormula, T>.VectorVector(a, b, target, length);
            }
            _activation.ApplyInPlace(target, length);
        }
    }

    private readonly struct Ends(float* a, float* b, float* target)
    {
        public readonly float* A = a;
        public readonly float* B = b;
        public readonly float* Target = target;
    }
}
