using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes;

/// <summary>Reads numbers out of constant values.</summary>
internal static class Constants
{
    /// <summary>The number that all elements of a float constant are equal to, or null.</summary>
    public static double? Uniform(this Value? value)
    {
        if (value?.Constant is not { Count: > 0 } tensor || !tensor.Type.IsFloat())
        {
            return null;
        }
        double[] elements = tensor.ToDouble();
        return Array.TrueForAll(elements, e => e.Equals(elements[0])) ? elements[0] : null;
    }

    /// <summary>Whether <paramref name="value"/> is a float constant of one element that is about <paramref name="expected"/>.</summary>
    public static bool IsScalar(this Value? value, double expected) =>
        value?.Constant is { Count: 1 } && value.Uniform() is { } number && Math.Abs(number - expected) <= 1e-5 * Math.Abs(expected);

    /// <summary>
    /// A float32 constant read as one number per channel of a tensor of shape <paramref name="target"/>, channels at axis 1:
    /// it has to broadcast to that shape and vary along axis 1 only. Null where it does not.
    /// </summary>
    public static double[]? PerChannel(this Value? value, Shape target)
    {
        if (value?.Constant is not { Type: DataType.F32, Count: > 0 } tensor || target.Rank < 2 || tensor.Shape.Rank > target.Rank)
        {
            return null;
        }
        int offset = target.Rank - tensor.Shape.Rank;
        for (int axis = 0; axis < tensor.Shape.Rank; axis++)
        {
            bool channels = axis + offset == 1;
            if (tensor.Shape[axis] != 1 && !(channels && tensor.Shape[axis] == target[1]))
            {
                return null;
            }
        }
        double[] elements = tensor.ToDouble();
        return elements.Length == target[1] ? elements : [.. Enumerable.Repeat(elements[0], target[1])];
    }

    /// <summary>A new float32 vector.</summary>
    public static Value AddVector(this Graph graph, string name, ReadOnlySpan<double> elements)
    {
        Tensor tensor = Tensor.Allocate(DataType.F32, new Shape(elements.Length));
        Span<float> values = tensor.Span<float>();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)elements[i];
        }
        return graph.AddConstant(name, tensor);
    }
}
