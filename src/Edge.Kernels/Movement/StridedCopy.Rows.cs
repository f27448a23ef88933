using System.Runtime.CompilerServices;

namespace Edge.Kernels.Movement;

/// <summary>The innermost axis is dense on both sides: one block copy per unit.</summary>
internal sealed unsafe class StridedRuns(StridedCopyProblem problem)
    : StridedCopyKernel(problem, [.. Enumerable.Range(0, problem.Dims.Length - 1).Select(axis => Axis(problem, axis))])
{
    private readonly uint _bytes = (uint)((long)problem.Dims[^1] * problem.ElementBytes);

    public static bool Fits(StridedCopyProblem problem)
    {
        StridedCopyProblem simple = problem.Simplify();
        return simple.SourceStrides[^1] == simple.ElementBytes && simple.TargetStrides[^1] == simple.ElementBytes
            && (long)simple.Dims[^1] * simple.ElementBytes <= int.MaxValue;
    }

    protected override void CopyUnit(byte* source, byte* target, long unit) => Unsafe.CopyBlockUnaligned(target, source, _bytes);
}

/// <summary>Any strides: a loop of single elements per unit. A repeated element fills.</summary>
internal sealed unsafe class StridedElements<T>(StridedCopyProblem problem)
    : StridedCopyKernel(problem, [.. Enumerable.Range(0, problem.Dims.Length - 1).Select(axis => Axis(problem, axis))])
    where T : unmanaged
{
    private readonly int _count = problem.Dims[^1];
    private readonly long _sourceStride = problem.SourceStrides[^1];
    private readonly long _targetStride = problem.TargetStrides[^1];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void CopyUnit(byte* source, byte* target, long unit)
    {
        if (_sourceStride == 0 && _targetStride == sizeof(T))
        {
            new Span<T>(target, _count).Fill(Unsafe.ReadUnaligned<T>(source));
            return;
        }
        long sourceStride = _sourceStride;
        long targetStride = _targetStride;
        for (int i = 0; i < _count; i++)
        {
            Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<T>(source));
            source += sourceStride;
            target += targetStride;
        }
    }
}
