using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>The <paramref name="K"/> largest or least elements along an axis, best first, with their positions (s64).</summary>
/// <param name="K">In [0, length of the axis].</param>
/// <param name="Least">Least instead of largest.</param>
public sealed record TopKProblem(DataType Type, Shape Shape, int Axis, int K, bool Least) : AxisProblem(Type, Shape, Axis);

/// <summary>TopK. Among equal elements the one at the lower position comes first; NaN comes last.</summary>
public static class TopKKernels
{
    public static readonly KernelTable<TopKProblem> Table = new(
        "topk",
        [
            new("topk_any_ref", CpuFeatures.None, p => p.Type is not (DataType.F16 or DataType.Bool or DataType.Unknown), p => p.Type.Visit<Maker, Kernel>(new Maker(p))),
        ]);

    private readonly struct Maker(TopKProblem problem) : IDataTypeVisitor<Kernel>
    {
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new TopKReference<T>(problem);
    }
}

/// <summary>
/// One line after the other, through a heap of K positions whose root is the worst of them: O(n log K). The heap is then
/// taken apart from the worst to the best.
/// </summary>
internal sealed unsafe class TopKReference<TElement>(TopKProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override long ScratchBytes => (long)problem.K * sizeof(int);

    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var values = (TElement*)context.Output(0);
        var positions = (long*)context.Output(1);
        var heap = (int*)context.Scratch;
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (long inner = 0; inner < problem.Inner; inner++)
            {
                TElement* line = source + (outer * problem.Length * problem.Inner) + inner;
                long target = (outer * problem.K * problem.Inner) + inner;
                Select(line, heap);
                Emit(line, heap, values + target, positions + target);
            }
        }
    }

    private void Select(TElement* line, int* heap)
    {
        int count = 0;
        for (int i = 0; i < problem.Length; i++)
        {
            if (count < problem.K)
            {
                heap[count++] = i;
                Raise(line, heap, count - 1);
            }
            else if (count > 0 && IsBetter(line, i, heap[0]))
            {
                heap[0] = i;
                Sink(line, heap, count);
            }
        }
    }

    private void Emit(TElement* line, int* heap, TElement* values, long* positions)
    {
        for (int count = problem.K; count > 0; count--)
        {
            long slot = (count - 1) * problem.Inner;
            values[slot] = line[heap[0] * problem.Inner];
            positions[slot] = heap[0];
            heap[0] = heap[count - 1];
            Sink(line, heap, count - 1);
        }
    }

    /// <summary>Restores the heap upwards from a new leaf.</summary>
    private void Raise(TElement* line, int* heap, int at)
    {
        while (at > 0 && IsBetter(line, heap[(at - 1) / 2], heap[at]))
        {
            (heap[at], heap[(at - 1) / 2]) = (heap[(at - 1) / 2], heap[at]);
            at = (at - 1) / 2;
        }
    }

    /// <summary>Restores the heap downwards from a new root.</summary>
    private void Sink(TElement* line, int* heap, int count)
    {
        int at = 0;
        while ((2 * at) + 1 < count)
        {
            int child = (2 * at) + 1;
            if (child + 1 < count && IsBetter(line, heap[child], heap[child + 1]))
            {
                child++;
            }
            if (!IsBetter(line, heap[at], heap[child]))
            {
                return;
            }
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    /// <summary>Whether position a comes before position b in the result.</summary>
    private bool IsBetter(TElement* line, int a, int b)
    {
        TElement x = line[a * problem.Inner];
        TElement y = line[b * problem.Inner];
        if (x == y)
        {
            return a < b;
        }
        if (TElement.IsNaN(x) || TElement.IsNaN(y))
        {
            return TElement.IsNaN(x) == TElement.IsNaN(y) ? a < b : TElement.IsNaN(y);
        }
        return problem.Least ? x < y : x > y;
    }
}
