using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>How the file keeps the weights of float32 computation.</summary>
public enum WeightFormat
{
    Float32 = 0,

    /// <summary>Half the size; relative error at most 2^-11 where weights are not denormal.</summary>
    Float16 = 1,

    /// <summary>A quarter of the size: s8 with a scale per output channel.</summary>
    Int8 = 2,
}

/// <summary>
/// Makes the weights of convolutions and matrix products small in the file. They become float32 when a plan is made; nothing is computed otherwise.
/// </summary>
internal static class WeightCompressor
{
    /// <summary>Weights with fewer elements are not worth a node.</summary>
    private const int FewestElements = 512;

    /// <summary>Changes <paramref name="graph"/>; run after all passes, which would fold the constants again.</summary>
    /// <returns>Number of constants that were made smaller.</returns>
    public static int Run(Graph graph, WeightFormat format)
    {
        var done = new Dictionary<Value, Value>();
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is not (Conv or ConvTranspose or Gemm or MatMul) || node.Input(1) is not { Constant: { Type: DataType.F32, Count: >= FewestElements } weights } value)
            {
                continue;
            }
            if (!done.TryGetValue(value, out Value? expanded))
            {
                expanded = format == WeightFormat.Float16 ? AddFloat16(graph, node, value, weights) : AddInt8(graph, node, value, weights);
                done[value] = expanded;
            }
            node.SetInput(1, expanded);
        }
        return done.Count;
    }

    private static Value AddFloat16(Graph graph, Node node, Value value, Tensor weights)
    {
        Tensor half = Tensor.From<Half>(weights.Shape, [.. weights.ToArray<float>().Select(w => (Half)Math.Clamp(w, -65504f, 65504f))]);
        return graph.Add($"{value.Name} expanded", new Cast(DataType.F32), [graph.AddConstant($"{value.Name} f16", half)], node);
    }

    private static Value AddInt8(Graph graph, Node node, Value value, Tensor weights)
    {
        int axis = node.Operator is Conv or Gemm { TransB: true } ? 0 : node.Operator is ConvTranspose ? 1 : weights.Shape.Rank - 1;
        float[] source = weights.ToArray<float>();
        int channels = weights.Shape[axis];
        long inner = weights.Shape.CountRange(axis + 1, weights.Shape.Rank);
        var scales = new float[channels];
        var integers = new sbyte[source.Length];
        for (int c = 0; c < channels; c++)
        {
            int[] places = [.. Places(source.Length, channels, (int)inner, c)];
            scales[c] = Scale([.. places.Select(p => source[p])]);
            foreach (int place in places)
            {
                integers[place] = WeightQuantizer.Quantize(source[place], scales[c]);
            }
        }
        return graph.Add(
            $"{value.Name} expanded", new DequantizeLinear { Axis = axis },
            [graph.AddConstant($"{value.Name} s8", Tensor.From<sbyte>(weights.Shape, integers)), graph.AddConstant($"{value.Name} scales", Tensor.FromVector<float>(scales))], node);
    }

    /// <summary>Where the elements of a channel lie.</summary>
    private static IEnumerable<int> Places(int count, int channels, int inner, int channel)
    {
        for (int outer = channel * inner; outer < count; outer += channels * inner)
        {
            for (int i = 0; i < inner; i++)
            {
                yield return outer + i;
            }
        }
    }

    private static float Scale(float[] weights)
    {
        float scale = WeightQuantizer.ChooseScale(weights);
        return scale == 0 ? 1 : scale;
    }
}
