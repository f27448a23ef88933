using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Permutation of the axes of a tensor: output axis i is input axis permutation[i].</summary>
public static class TransposeKernels
{
    /// <summary>The permutation as a strided copy.</summary>
    public static StridedCopyProblem Problem(Shape input, ReadOnlySpan<int> permutation, int elementBytes)
    {
        Shape output = OutputShape(input, permutation);
        if (output.Count == 0)
        {
            return StridedCopyProblem.Gathering(output, [], 0, elementBytes);
        }
        long[] strides = input.Strides();
        var permuted = new long[strides.Length];
        for (int i = 0; i < permuted.Length; i++)
        {
            permuted[i] = strides[permutation[i]];
        }
        return StridedCopyProblem.Gathering(output, permuted, 0, elementBytes);
    }

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
