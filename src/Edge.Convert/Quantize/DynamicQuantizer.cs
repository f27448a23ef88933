using Edge.Convert.Passes;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>How to quantize in the run.</summary>
public sealed record DynamicOptions
{
    /// <summary>Names of nodes that stay in float32, their weights too.</summary>
    public IReadOnlySet<string> Keep { get; init; } = new HashSet<string>();
}

/// <summary>What dynamic quantization did.</summary>
public sealed record DynamicOutcome
{
    /// <summary>Products that quantize their input in the run, by the operator that they were.</summary>
    public required IReadOnlyDictionary<string, int> Quantized { get; init; }

    /// <summary>Products that stayed in float32, with the reason.</summary>
    public required IReadOnlyList<(string Node, string Reason)> Kept { get; init; }

    /// <summary>How many of those have their weights in 8 bits in the file.</summary>
    public required int SmallWeights { get; init; }

    /// <summary>Largest |a-b| / max|b| that all of this causes on the golden sample; null where there is none.</summary>
    public double? Error { get; init; }
}

/// <summary>
/// Makes products with constant weights quantize their input in the run (<see cref="DynamicConv"/>); no samples are needed. The weights of
/// other products become small in the file.
/// </summary>
internal sealed class DynamicQuantizer
{
    /// <summary>Fewest multiply-adds per element of the input: finding the range of an element and quantizing it costs about as much as ten.</summary>
    private const double FewestPerElement = 32;

    private readonly Graph _graph;
    private readonly Dictionary<(Value Weights, bool Transposed, float Factor), (Value Integers, Value Scales)> _weights = [];

    private DynamicQuantizer(Graph graph)
    {
        _graph = graph;
    }

    /// <summary>Changes <paramref name="graph"/>; run after all passes, which look for float32 products.</summary>
    /// <exception cref="Edge.Runtime.Diagnostics.EdgeException">An option names a node that does not exist.</exception>
    public static DynamicOutcome Run(Graph graph, DynamicOptions options)
    {
        NamedNodes.Require(graph, options.Keep, "edge inspect --plan");
        var quantizer = new DynamicQuantizer(graph);
        var kept = new List<(string Node, string Reason)>();
        var quantized = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (Node node in graph.Walk().Where(n => n.Operator is Conv or ConvTranspose or DeformConv or Gemm or MatMul or Recurrent))
        {
            (string place, string kind) = (node.Place, node.Operator.Kind);
            string? reason = options.Keep.Contains(node.Name) ? "it is kept in float32" : quantizer.TryQuantize(node);
            if (reason is null)
            {
                quantized[kind] = quantized.GetValueOrDefault(kind) + 1;
            }
            else
            {
                kept.Add((place, reason));
            }
        }
        int small = WeightCompressor.Run(graph, new WeightStorage(WeightFormat.Int8), options.Keep);
        UniqueNames.Apply(graph);
        GraphValidator.Validate(graph);
        return new DynamicOutcome { Quantized = quantized, Kept = kept, SmallWeights = small };
    }

    /// <returns>Why the node stays in float32, or null where it was rewritten.</returns>
    private string? TryQuantize(Node node)
    {
        if (node.Operator is ConvTranspose or DeformConv or Recurrent)
        {
            return "it has no form that quantizes its input in the run";
        }
        if (node.Input(1)?.Constant is not { Type: DataType.F32, Count: > 0 } weights || node.Input(2) is { IsConstant: false })
        {
            return "its weights are not constant";
        }
        if (node.Input(0) is not { Info: { IsKnown: true, Type: DataType.F32 } } x || !node.Outputs[0].Info.IsKnown)
        {
            return "the shape of its input depends on data";
        }
        return node.Operator switch
        {
            Conv conv => TryConv(node, conv, x, weights),
            Gemm gemm => TryGemm(node, gemm, x, weights),
            MatMul product => TryMatMul(node, product, x, weights),
            _ => throw new InvalidOperationException($"{node.Place} is no product"),
        };
    }

    private string? TryConv(Node node, Conv conv, Value x, Tensor weights)
    {
        int groupChannels = weights.Shape[0] / conv.Group;
        if (weights.Shape.Rank > 4)
        {
            return "it has three spatial axes, the fast kernels know two";
        }
        if (conv.Group > 1 && groupChannels % Layouts.Block != 0)
        {
            return $"each channel of its input is read by {groupChannels} of its output: quantizing the input would cost as much as the convolution";
        }
        double work = (double)node.Outputs[0].Info.KnownShape.Count * weights.Shape.CountRange(1, weights.Shape.Rank);
        if (WhyTooLittle(work, x) is { } reason)
        {
            return reason;
        }
        var op = new DynamicConv { Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group };
        Rewrite(node, op, weights.Shape[0], conv.Activation, node.Input(2)?.Constant?.ToArray<float>(), node.Input(3), false, 1);
        return null;
    }

    private string? TryGemm(Node node, Gemm gemm, Value x, Tensor weights)
    {
        int n = gemm.TransB ? weights.Shape[0] : weights.Shape[1];
        float[]? addend = node.Input(2)?.Constant?.ToArray<float>();
        if (gemm.TransA)
        {
            return "its first operand is transposed";
        }
        if (addend is not null && addend.Length != 1 && (addend.Length != n || node.Input(2)!.Info.KnownShape[^1] != n))
        {
            return "its bias differs from row to row";
        }
        if (WhyTooLittle((double)x.Info.KnownShape.Count * n, x) is { } reason)
        {
            return reason;
        }
        float[]? bias = addend is null ? null : [.. Enumerable.Range(0, n).Select(i => gemm.Beta * addend[addend.Length == 1 ? 0 : i])];
        Rewrite(node, DynamicConv.Product(), n, gemm.Activation, bias, null, !gemm.TransB, gemm.Alpha);
        return null;
    }

    private string? TryMatMul(Node node, MatMul product, Value x, Tensor weights)
    {
        if (weights.Shape.Rank != 2)
        {
            return $"its second operand is {weights.Shape}, no matrix";
        }
        int n = weights.Shape[1];
        if (WhyTooLittle((double)x.Info.KnownShape.Count * n, x) is { } reason)
        {
            return reason;
        }
        Activation activation = product.Activation;
        float[]? bias = null;
        Node last = node;
        if (activation.Kind == ActivationKind.None && ProductBias.Find(_graph, node.Outputs[0], n, 0) is ({ } add, { } addend))
        {
            (last, bias, activation) = (add, addend, ((Binary)add.Operator).Activation);
        }
        Rewrite(last, DynamicConv.Product(), n, activation, bias, null, true, 1, node);
        if (last != node)
        {
            _graph.RemoveIfDead(node);
        }
        return null;
    }

    private static string? WhyTooLittle(double work, Value x)
    {
        double each = work / Math.Max(1, x.Info.KnownShape.Count);
        return each >= FewestPerElement ? null : FormattableString.Invariant($"it has {each:F0} multiply-adds for each element of its input, fewer than {FewestPerElement}: quantizing the input would cost more than it saves");
    }

    /// <summary>Puts the quantized product in the place of <paramref name="last"/>, before a sum and an activation that it cannot take in.</summary>
    /// <param name="channels">Output channels.</param>
    /// <param name="transpose">The weights are [K,N].</param>
    /// <param name="factor">Of the weights.</param>
    /// <param name="product">The node with the operands, where it is not the last.</param>
    private void Rewrite(Node last, DynamicConv op, int channels, Activation activation, float[]? bias, Value? residual, bool transpose, float factor, Node? product = null)
    {
        product ??= last;
        string name = product.Name;
        (Value integers, Value scales) = Quantize(name, product.Input(1)!, channels, transpose, factor);
        List<Value?> inputs = [product.Input(0), integers, scales];
        if (bias is not null)
        {
            inputs.Add(_graph.AddConstant($"{name} b", Tensor.FromVector<float>(bias)));
        }
        if (residual is null && DynamicConv.CanApply(activation))
        {
            _graph.Replace(last, op with { Activation = activation }, inputs).Name = name;
            return;
        }
        Value y = _graph.Add($"{name} product", op, inputs, last);
        if (residual is null)
        {
            _graph.Replace(last, Unary.Of(activation), [y]);
        }
        else
        {
            _graph.Replace(last, new Binary("Add") { Activation = activation }, [y, residual]);
        }
    }

    /// <summary>The integers, one row per output channel, and the scales of these; made once for weights that several nodes read.</summary>
    private (Value Integers, Value Scales) Quantize(string name, Value weights, int channels, bool transpose, float factor)
    {
        if (_weights.TryGetValue((weights, transpose, factor), out (Value Integers, Value Scales) done))
        {
            return done;
        }
        float[] source = weights.Constant!.ToArray<float>();
        int row = source.Length / channels;
        var integers = new sbyte[source.Length];
        var scales = new float[channels];
        Parallel.For(0, channels, m =>
        {
            var values = new float[row];
            for (int i = 0; i < row; i++)
            {
                values[i] = factor * source[transpose ? (i * channels) + m : (m * row) + i];
            }
            scales[m] = WeightQuantizer.ChooseScale(values);
            for (int i = 0; i < row && scales[m] > 0; i++)
            {
                integers[(m * row) + i] = WeightQuantizer.Quantize(values[i], scales[m]);
            }
        });
        Shape shape = transpose ? new Shape(channels, row) : weights.Info.KnownShape;
        done = (_graph.AddConstant($"{name} w", Tensor.From<sbyte>(shape, integers)), _graph.AddConstant($"{name} s", Tensor.FromVector<float>(scales)));
        return _weights[(weights, transpose, factor)] = done;
    }
}
