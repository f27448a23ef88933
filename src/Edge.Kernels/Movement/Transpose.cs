using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Output axis i is input axis <paramref name="Permutation"/>[i].</summary>
/// <param name="ElementBytes">1, 2, 4 or 8: elements are moved, not read.</param>
public sealed record TransposeProblem(Shape Input, int[] Permutation, int ElementBytes);

/// <summary>Permutation of the axes of a tensor.</summary>
public static class TransposeKernels
{
    public static readonly KernelTable<TransposeProblem> Table = new(
        "transpose",
        [
            new("transpose_any_ref", CpuFeatures.None, _ => true, p => new TransposeReference(p)),
        ]);

    /// <summary>Shape of the result.</summary>
    public static Shape OutputShape(Shape input, ReadOnlySpan<int> permutation)
    {
        var dims = new int[input.Rank];
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = input[permutation[i]];
        }
        return new Shape(dims);
    }
}
