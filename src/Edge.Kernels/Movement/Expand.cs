using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Repetition of a tensor along its axes.</summary>
public static class ExpandKernels
{
    /// <summary>Broadcasting by the rules of NumPy as a strided copy.</summary>
    /// <param name="output">Each of the last dimensions is the input's, or the input's is 1.</param>
    public static StridedCopyProblem Problem(Shape input, Shape output, int elementBytes)
    {
        if (output.Count == 0)
        {
            return StridedCopyProblem.Gathering(output, [], 0, elementBytes);
        }
        long[] strides = input.Strides();
        var repeated = new long[output.Rank];
        int added = output.Rank - input.Rank;
        for (int i = 0; i < strides.Length; i++)
        {
            repeated[added + i] = input[i] == 1 ? 0 : strides[i];
        }
        return StridedCopyProblem.Gathering(output, repeated, 0, elementBytes);
    }

    /// <summary>Copies of the whole tensor side by side: output index i along axis a is input index i mod dims[a].</summary>
    /// <param name="repeats">One per axis, at least 0.</param>
    public static StridedCopyProblem TileProblem(Shape input, ReadOnlySpan<int> repeats, int elementBytes)
    {
        var dims = new int[2 * input.Rank];
        var strides = new long[2 * input.Rank];
        for (int i = 0; i < input.Rank; i++)
        {
            dims[2 * i] = repeats[i];
            dims[(2 * i) + 1] = input[i];
        }
        var output = new Shape(dims);
        if (output.Count > 0)
        {
            long[] inputStrides = input.Strides();
            for (int i = 0; i < input.Rank; i++)
            {
                strides[(2 * i) + 1] = inputStrides[i];
            }
        }
        return StridedCopyProblem.Gathering(output, strides, 0, elementBytes);
    }
}
