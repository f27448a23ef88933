using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>
/// The traversal that all fast rows of a strided copy share: walks the outer axes, split over the threads where the tensor
/// is large, and leaves a unit of inner axes to the row.
/// </summary>
internal abstract unsafe class StridedCopyKernel : Kernel
{
    /// <summary>Below this size a chunk is not worth waking a thread for.</summary>
    private const long BytesPerChunk = 64 * 1024;

    private readonly StridedCopyProblem _problem;
    private readonly int[] _dims;
    private readonly long[] _source;
    private readonly long[] _target;
    private readonly long _units;
    private readonly long _bytes;
    private int _chunks;

    /// <param name="problem">Simplified.</param>
    /// <param name="outer">The axes that the traversal walks.</param>
    protected StridedCopyKernel(StridedCopyProblem problem, (int Dim, long Source, long Target)[] outer)
    {
        _problem = problem;
        _dims = [.. outer.Select(a => a.Dim)];
        _source = [.. outer.Select(a => a.Source)];
        _target = [.. outer.Select(a => a.Target)];
        _bytes = problem.Count * problem.ElementBytes;
        _units = problem.Count == 0 ? 0 : outer.Aggregate(1L, (product, axis) => product * axis.Dim);
    }

    public sealed override void Run(in KernelContext context)
    {
        var ends = new Ends(context.Input(0) + _problem.SourceOffset, context.Output(0) + _problem.TargetOffset);
        _chunks = (int)Math.Clamp(_bytes / BytesPerChunk, 1, Math.Min(_units + 1, context.Pool.Threads * 2L));
        context.Pool.Run(this, &ends, &CopyChunk, _chunks);
    }

    /// <summary>Axis <paramref name="axis"/> of a problem.</summary>
    protected static (int Dim, long Source, long Target) Axis(StridedCopyProblem problem, int axis) =>
        (problem.Dims[axis], problem.SourceStrides[axis], problem.TargetStrides[axis]);

    /// <summary>Copies the inner axes.</summary>
    /// <param name="unit">Number of the unit in the order of the outer axes.</param>
    protected abstract void CopyUnit(byte* source, byte* target, long unit);

    private static void CopyChunk(object owner, void* state, int chunk)
    {
        var kernel = (StridedCopyKernel)owner;
        var ends = (Ends*)state;
        kernel.CopyUnits(ends->Source, ends->Target, kernel._units * chunk / kernel._chunks, kernel._units * (chunk + 1) / kernel._chunks);
    }

    private void CopyUnits(byte* source, byte* target, long begin, long end)
    {
        int* index = stackalloc int[_dims.Length + 1];
        long rest = begin;
        for (int axis = _dims.Length - 1; axis >= 0; axis--)
        {
            index[axis] = (int)(rest % _dims[axis]);
            rest /= _dims[axis];
            source += index[axis] * _source[axis];
            target += index[axis] * _target[axis];
        }
        for (long unit = begin; unit < end; unit++)
        {
            CopyUnit(source, target, unit);
            for (int axis = _dims.Length - 1; axis >= 0; axis--)
            {
                source += _source[axis];
                target += _target[axis];
                if (++index[axis] < _dims[axis])
                {
                    break;
                }
                source -= _source[axis] * _dims[axis];
                target -= _target[axis] * _dims[axis];
                index[axis] = 0;
            }
        }
    }

    private readonly struct Ends(byte* source, byte* target)
    {
        public readonly byte* Source = source;
        public readonly byte* Target = target;
    }
}
