using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes;

/// <summary>The sum with a constant that stands behind a product.</summary>
internal static class ProductBias
{
    /// <summary>The Add that alone reads <paramref name="product"/>, and what it adds to each channel; null where there is none.</summary>
    /// <param name="behind">Axes behind that of the channels.</param>
    public static (Node? Add, float[]? Bias) Find(Graph graph, Value product, int channels, int behind)
    {
        if (graph.WhyNotPrivate(product) is not null || product.Consumers[0] is not { Operator: Binary { Kind: "Add" } } add)
        {
            return default;
        }
        Value? other = add.Input(add.Input(0) == product ? 1 : 0);
        bool keepsShape = add.Outputs[0].Info.Shape == product.Info.Shape;
        return keepsShape && PerChannel(other, channels, behind) is { } bias ? (add, bias) : default;
    }

    /// <summary>A float32 constant that is one number, or one for each channel, in a tensor whose channels lie <paramref name="behind"/> axes before the end.</summary>
    public static float[]? PerChannel(Value? value, int channels, int behind)
    {
        if (value?.Constant is not { Type: DataType.F32 } constant)
        {
            return null;
        }
        float[] numbers = constant.ToArray<float>();
        if (numbers.Length == 1)
        {
            return [.. Enumerable.Repeat(numbers[0], channels)];
        }
        Shape shape = constant.Shape;
        bool fits = numbers.Length == channels && shape.Rank > behind && shape[shape.Rank - 1 - behind] == channels;
        return fits ? numbers : null;
    }
}
