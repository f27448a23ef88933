using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>Reduces a tensor over some of its axes; the output has the kept axes in order.</summary>
/// <param name="Axes">Axes in [0, rank), rising, each once. Empty: every element is a set of its own.</param>
public sealed record ReduceProblem(DataType Type, Shape Input, int[] Axes)
{
    /// <summary>Number of results.</summary>
    public long OutputCount => Kept(reduced: false);

    /// <summary>Number of elements that go into each result.</summary>
    public long SetCount => Kept(reduced: true);

    private long Kept(bool reduced)
    {
        long count = 1;
        for (int axis = 0; axis < Input.Rank; axis++)
        {
            count = Axes.Contains(axis) == reduced ? checked(count * Input[axis]) : count;
        }
        return count;
    }
}
