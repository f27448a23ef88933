using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Selection of slices by tuples of indices. Data is (batches, dims..., slice), the tuples are (batches, tuples, dims.Length),
/// the list of slices is (batches, tuples, slice).
/// </summary>
/// <param name="Dims">The dimensions that a tuple indexes.</param>
/// <param name="Slice">Elements per slice.</param>
/// <param name="Type">Element type; only its size matters for <see cref="ScatterReduction.None"/>.</param>
/// <param name="IndexType">s32 or s64.</param>
/// <param name="Reduction">For scattering.</param>
public sealed record IndexedSlicesProblem(long Batches, int[] Dims, long Slice, long Tuples, DataType Type, DataType IndexType, ScatterReduction Reduction = ScatterReduction.None)
{
    /// <param name="indices">Its last dimension is the length of a tuple.</param>
    /// <param name="batchDims">Leading dimensions that data and indices share.</param>
    public static IndexedSlicesProblem Of(Shape data, Shape indices, int batchDims, DataType type, DataType indexType, ScatterReduction reduction = ScatterReduction.None)
    {
        int length = indices[^1];
        int[] dims = data.Dims.Slice(batchDims, length).ToArray();
        // Slices of no elements move nothing, and their other dimensions may be too large to multiply.
        bool empty = indices.With(indices.Rank - 1, 1).Count == 0 || data.Dims[(batchDims + length)..].Contains(0);
        return empty
            ? new IndexedSlicesProblem(0, dims, 0, 0, type, indexType, reduction)
            : new IndexedSlicesProblem(data.CountRange(0, batchDims), dims, data.CountRange(batchDims + length, data.Rank), indices.CountRange(batchDims, indices.Rank - 1), type, indexType, reduction);
    }

    /// <summary>Bytes of data in one batch.</summary>
    public long BatchBytes => new Shape(Dims).Count * Slice * Type.Size();

    public override string ToString() => $"{Batches} batches of {new Shape(Dims)}, {Tuples} slices of {Slice} {Type.Name()}, {Reduction}";
}

/// <summary>output[b, t, :] = data[b, tuple..., :]: inputs are data and indices.</summary>
public static class GatherNdKernels
{
    public static readonly KernelTable<IndexedSlicesProblem> Table = new(
        "gathernd",
        [
            new("gathernd_any_scalar_runs", CpuFeatures.None, _ => true, p => new IndexedSliceRuns(p, 0, scatters: false)),
            new("gathernd_any_ref", CpuFeatures.None, _ => true, p => ElementMoves.Gathering(p.Type.Size(), new Visitor(p))),
        ]);

    private sealed class Visitor(IndexedSlicesProblem problem) : IMoveVisitor
    {
        public Kernel Visit<TMove>() where TMove : struct, IElementMove => new IndexedSlices<TMove>(problem, 0, scatters: false);
    }
}

/// <summary>A copy of data where data[tuple..., :] is combined with updates[t, :]: inputs are data, indices, updates.</summary>
public static class ScatterNdKernels
{
    public static readonly KernelTable<ScatterNdProblem> Table = new(
        "scatternd",
        [
            new("scatternd_any_scalar_runs", CpuFeatures.None, p => p.Slices.Reduction == ScatterReduction.None, p => new IndexedSliceRuns(p.Slices, p.DataBytes, scatters: true)),
            new("scatternd_any_ref", CpuFeatures.None, p => ElementMoves.Supports(p.Slices.Type, p.Slices.Reduction), p => ElementMoves.Scattering(p.Slices.Type, p.Slices.Reduction, new Visitor(p))),
        ]);

    private sealed class Visitor(ScatterNdProblem problem) : IMoveVisitor
    {
        public Kernel Visit<TMove>() where TMove : struct, IElementMove => new IndexedSlices<TMove>(problem.Slices, problem.DataBytes, scatters: true);
    }
}

/// <param name="DataBytes">Size of the whole tensor, which is copied first.</param>
public sealed record ScatterNdProblem(IndexedSlicesProblem Slices, long DataBytes);

/// <summary>The traversal of tuples.</summary>
internal abstract unsafe class IndexedSliceKernel(IndexedSlicesProblem problem, long copiedBytes, bool scatters) : Kernel
{
    private readonly int[] _dims = problem.Dims;
    private readonly long _sliceBytes = problem.Slice * problem.Type.Size();
    private readonly long _batchBytes = problem.Batches == 0 ? 0 : problem.BatchBytes;

    public sealed override void Run(in KernelContext context)
    {
        byte* data = context.Input(0);
        byte* list = context.Output(0);
        if (scatters)
        {
            data = context.Output(0);
            list = context.Input(2);
            if (context.Input(0) != data)
            {
                Buffer.MemoryCopy(context.Input(0), data, copiedBytes, copiedBytes);
            }
        }
        var indices = new IndexList(context.Input(1), problem.IndexType);
        long next = 0;
        for (long batch = 0; batch < problem.Batches; batch++)
        {
            for (long tuple = 0; tuple < problem.Tuples; tuple++)
            {
                long place = 0;
                foreach (int dim in _dims)
                {
                    place = (place * dim) + indices.Resolve(next++, dim);
                }
                MoveSlice(data + (place * _sliceBytes), list);
                list += _sliceBytes;
            }
            data += _batchBytes;
        }
    }

    /// <param name="selected">The slice in the data.</param>
    /// <param name="listed">The slice in the list.</param>
    protected abstract void MoveSlice(byte* selected, byte* listed);
}

/// <summary>Element by element.</summary>
internal sealed unsafe class IndexedSlices<TMove>(IndexedSlicesProblem problem, long copiedBytes, bool scatters) : IndexedSliceKernel(problem, copiedBytes, scatters)
    where TMove : struct, IElementMove
{
    private readonly long _count = problem.Slice;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MoveSlice(byte* selected, byte* listed)
    {
        for (long i = 0; i < _count; i++)
        {
            TMove.Move(selected + (i * TMove.ElementBytes), listed + (i * TMove.ElementBytes));
        }
    }
}

/// <summary>One block copy per slice.</summary>
internal sealed unsafe class IndexedSliceRuns(IndexedSlicesProblem problem, long copiedBytes, bool scatters) : IndexedSliceKernel(problem, copiedBytes, scatters)
{
    private readonly long _bytes = problem.Slice * problem.Type.Size();
    private readonly bool _scatters = scatters;

    protected override void MoveSlice(byte* selected, byte* listed) =>
        Buffer.MemoryCopy(_scatters ? listed : selected, _scatters ? selected : listed, _bytes, _bytes);
}
