using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Part of a tensor along every axis: output index i along axis a is input index starts[a] + i * steps[a].</summary>
public static class SliceKernels
{
    /// <summary>The slice as a strided copy.</summary>
    /// <param name="starts">One per axis, within the input where <paramref name="output"/> is not empty.</param>
    /// <param name="steps">One per axis, not 0.</param>
    public static StridedCopyProblem Problem(Shape input, Shape output, ReadOnlySpan<int> starts, ReadOnlySpan<int> steps, int elementBytes)
    {
        if (output.Count == 0)
        {
            return StridedCopyProblem.Gathering(output, [], 0, elementBytes);
        }
        long[] strides = input.Strides();
        long offset = 0;
        for (int i = 0; i < strides.Length; i++)
        {
            offset += starts[i] * strides[i];
            // A single element takes no step, however long; longer ones stay within the tensor.
            strides[i] = output[i] == 1 ? 0 : strides[i] * steps[i];
        }
        return StridedCopyProblem.Gathering(output, strides, offset, elementBytes);
    }
}
