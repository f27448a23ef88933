using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>The naive row: one element at a time, its place worked out from its number.</summary>
internal sealed unsafe class StridedCopyReference(StridedCopyProblem problem) : Kernel
{
    private readonly long _count = problem.Count;

    public override void Run(in KernelContext context)
    {
        for (long i = 0; i < _count; i++)
        {
            long rest = i;
            long source = problem.SourceOffset;
            long target = problem.TargetOffset;
            for (int axis = problem.Dims.Length - 1; axis >= 0; axis--)
            {
                long index = rest % problem.Dims[axis];
                rest /= problem.Dims[axis];
                source += index * problem.SourceStrides[axis];
                target += index * problem.TargetStrides[axis];
            }
            Buffer.MemoryCopy(context.Input(0) + source, context.Output(0) + target, problem.ElementBytes, problem.ElementBytes);
        }
    }
}
