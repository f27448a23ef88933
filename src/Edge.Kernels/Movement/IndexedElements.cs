using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Element by element selection along an axis. A list of shape <paramref name="Indices"/> meets a tensor of shape
/// <paramref name="Data"/>: list place (i0, i1, ...) belongs to the tensor's place (i0, .., indices[i0, i1, ...], ..), the index
/// standing at <paramref name="Axis"/>.
/// </summary>
/// <param name="Type">Element type; only its size matters for <see cref="ScatterReduction.None"/>.</param>
/// <param name="IndexType">s32 or s64.</param>
/// <param name="Reduction">For scattering.</param>
public sealed record IndexedElementsProblem(Shape Data, Shape Indices, int Axis, DataType Type, DataType IndexType, ScatterReduction Reduction = ScatterReduction.None);

/// <summary>output[i0, i1, ...] = data[i0, .., indices[i0, i1, ...], ..]: inputs are data and indices.</summary>
public static class GatherElementsKernels
{
    public static readonly KernelTable<IndexedElementsProblem> Table = new(
        "gatherelements",
        [
            new("gatherelements_any_ref", CpuFeatures.None, _ => true, p => ElementMoves.Gathering(p.Type.Size(), new Visitor(p))),
        ]);

    private sealed class Visitor(IndexedElementsProblem problem) : IMoveVisitor
    {
        public Kernel Visit<TMove>() where TMove : struct, IElementMove => new IndexedElements<TMove>(problem, scatters: false);
    }
}

/// <summary>A copy of data where data[i0, .., indices[i0, i1, ...], ..] is combined with updates[i0, i1, ...]: inputs are data, indices, updates.</summary>
public static class ScatterElementsKernels
{
    public static readonly KernelTable<IndexedElementsProblem> Table = new(
        "scatterelements",
        [
            new("scatterelements_any_ref", CpuFeatures.None, p => ElementMoves.Supports(p.Type, p.Reduction), p => ElementMoves.Scattering(p.Type, p.Reduction, new Visitor(p))),
        ]);

    private sealed class Visitor(IndexedElementsProblem problem) : IMoveVisitor
    {
        public Kernel Visit<TMove>() where TMove : struct, IElementMove => new IndexedElements<TMove>(problem, scatters: true);
    }
}

/// <summary>Walks the list in order, so that of updates with one index the last counts.</summary>
internal sealed unsafe class IndexedElements<TMove>(IndexedElementsProblem problem, bool scatters) : Kernel
    where TMove : struct, IElementMove
{
    private readonly long _dataBytes = problem.Data.Count * TMove.ElementBytes;
    private readonly long _count = problem.Indices.Count;
    private readonly int[] _listDims = problem.Indices.ToArray();
    private readonly long[] _strides = problem.Indices.Count == 0 ? [] : problem.Data.Strides();

    public override void Run(in KernelContext context)
    {
        byte* data = context.Input(0);
        byte* list = context.Output(0);
        if (scatters)
        {
            data = context.Output(0);
            list = context.Input(2);
            if (context.Input(0) != data)
            {
                Buffer.MemoryCopy(context.Input(0), data, _dataBytes, _dataBytes);
            }
        }
        MoveAll(data, list, new IndexList(context.Input(1), problem.IndexType));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MoveAll(byte* data, byte* list, IndexList indices)
    {
        int last = _listDims.Length - 1;
        int inner = _listDims.Length == 0 ? 1 : _listDims[last];
        long axisStride = _count == 0 ? 0 : _strides[problem.Axis];
        long innerStride = problem.Axis == last ? 0 : 1;
        int dim = problem.Data[problem.Axis];
        for (long first = 0; first < _count; first += inner)
        {
            long row = first / inner;
            long start = 0;
            for (int axis = last - 1; axis >= 0; axis--)
            {
                start += axis == problem.Axis ? 0 : row % _listDims[axis] * _strides[axis];
                row /= _listDims[axis];
            }
            for (int i = 0; i < inner; i++)
            {
                long place = start + (i * innerStride) + (indices.Resolve(first + i, dim) * axisStride);
                TMove.Move(data + (place * TMove.ElementBytes), list + ((first + i) * TMove.ElementBytes));
            }
        }
    }
}
