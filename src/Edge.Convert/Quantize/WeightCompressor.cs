using System.Globalization;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
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

    /// <summary>4 or 8 bits with a float16 scale for each group of adjacent elements; see <see cref="WeightStorage"/>.</summary>
    Groups = 3,
}

/// <summary>How the file keeps the weights of float32 computation, as <c>--weights</c> says it.</summary>
/// <param name="Bits">For groups: 4 or 8.</param>
/// <param name="Group">For groups: elements that share a scale.</param>
public readonly record struct WeightStorage(WeightFormat Format, int Bits = 0, int Group = 0)
{
    private const int DefaultGroup = 32;

    private const int MaxGroup = 4096;

    /// <summary>Reads f16, int8, int8:GROUP, int4 or int4:GROUP.</summary>
    /// <exception cref="EdgeException">It is none of them.</exception>
    public static WeightStorage Parse(string text)
    {
        string[] parts = text.Split(':');
        int group = DefaultGroup;
        bool isLegal = parts.Length <= 2 && (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out group) && group is >= 8 and <= MaxGroup));
        return (parts[0], parts.Length) switch
        {
            ("f16", 1) => new WeightStorage(WeightFormat.Float16),
            ("int8", 1) => new WeightStorage(WeightFormat.Int8),
            ("int8", 2) when isLegal => new WeightStorage(WeightFormat.Groups, 8, group),
            ("int4", _) when isLegal => new WeightStorage(WeightFormat.Groups, 4, group),
            _ => throw new EdgeException(EdgeError.BadOption, $"'{text}' is no format of weights", FormattableString.Invariant($"give f16, int8, int8:GROUP, int4 or int4:GROUP with groups of 8 to {MaxGroup} weights"), "--weights"),
        };
    }

    public override string ToString() => Format switch
    {
        WeightFormat.Float16 => "f16",
        WeightFormat.Int8 => "int8",
        WeightFormat.Groups => FormattableString.Invariant($"int{Bits} in groups of {Group}"),
        _ => "f32",
    };
}

/// <summary>
/// Makes the weights of convolutions and matrix products small in the file. They become float32 when a plan is made; nothing is computed otherwise.
/// </summary>
internal static class WeightCompressor
{
    /// <summary>Weights with fewer elements are not worth a node.</summary>
    private const int FewestElements = 512;

    /// <summary>Changes <paramref name="graph"/>; run after all passes, which would fold the constants again.</summary>
    /// <param name="keep">Names of nodes that are left alone.</param>
    /// <returns>Number of constants that were made smaller.</returns>
    public static int Run(Graph graph, WeightStorage storage, IReadOnlySet<string>? keep = null)
    {
        var done = new Dictionary<Value, Value>();
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is not (Conv or ConvTranspose or Gemm or MatMul) || keep?.Contains(node.Name) == true || node.Input(1) is not { Constant: { Type: DataType.F32, Count: >= FewestElements } weights } value)
            {
                continue;
            }
            if (!done.TryGetValue(value, out Value? expanded))
            {
                expanded = storage.Format switch
                {
                    WeightFormat.Float16 => AddFloat16(graph, node, value, weights),
                    WeightFormat.Int8 => AddInt8(graph, node, value, weights),
                    _ => AddGroups(graph, node, value, weights, storage),
                };
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

    private static Value AddGroups(Graph graph, Node node, Value value, Tensor weights, WeightStorage storage)
    {
        // Few weights that weigh much: their noise is in everything behind them.
        bool isSensitive = node.Operator is Conv { Group: > 1 } || (node.Input(0) is { } input && graph.Inputs.Contains(input));
        int bits = isSensitive ? 8 : storage.Bits;
        (GroupDequantize op, Tensor integers, Tensor scales) = GroupQuantizer.Quantize(weights, bits, storage.Group);
        return graph.Add($"{value.Name} expanded", op, [graph.AddConstant($"{value.Name} s{bits}", integers), graph.AddConstant($"{value.Name} scales", scales)], node);
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
