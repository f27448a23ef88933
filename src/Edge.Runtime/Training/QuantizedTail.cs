using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>
/// The trained end of a model that computes in 8-bit integers, written in float32: weights, biases and clamps are what the integers
/// stand for (docs/quantization.md). What stands before the trained layers keeps its integers.
/// </summary>
internal sealed class QuantizedTail
{
    private readonly Graph _target;
    private readonly Dictionary<Value, Value> _copies = [];
    private readonly Dictionary<Value, Value> _reals = [];
    private readonly HashSet<Value> _tail = [];
    private readonly Dictionary<string, QuantResult> _forms = new(StringComparer.Ordinal);
    private readonly HashSet<string> _softmaxes = new(StringComparer.Ordinal);
    private bool _isExpanded;

    private QuantizedTail(string name) => _target = new Graph(name);

    /// <summary>The model with a float32 end.</summary>
    public Graph Graph => _target;

    /// <summary>How the nodes that were quantized gave their results, by name.</summary>
    public IReadOnlyDictionary<string, QuantResult> Forms => _forms;

    /// <summary>Names of nodes that took the softmax of integers.</summary>
    public IReadOnlySet<string> Softmaxes => _softmaxes;

    /// <summary>Writes what depends on some nodes in float32.</summary>
    /// <param name="trained">Names of the nodes that are to be trained.</param>
    /// <returns>Null where none of that computes integers.</returns>
    /// <exception cref="EdgeException">Behind the trained layers is an operator on integers that cannot be trained through.</exception>
    public static QuantizedTail? Expand(Graph graph, IReadOnlySet<string> trained)
    {
        var tail = new QuantizedTail(graph.Name);
        foreach (Value input in graph.Inputs)
        {
            tail._copies[input] = tail._target.AddInput(input.Name, input.Info);
        }
        foreach (Node node in graph.Nodes)
        {
            if (trained.Contains(node.Name) || node.Inputs.Any(v => v is not null && tail._tail.Contains(v)))
            {
                tail.AddReal(node);
            }
            else
            {
                tail.Add(node, node.Operator, [.. node.Inputs.Select(v => v is null ? null : tail.CopyOf(v))]);
            }
        }
        foreach (Value output in graph.Outputs)
        {
            tail._target.AddOutput(tail.CopyOf(output));
        }
        return tail._isExpanded ? tail : null;
    }

    /// <summary>A model whose chosen layers can be trained: with a float32 end, and with another number of classes, where that is needed.</summary>
    /// <param name="layers">See <see cref="TrainableLayer.Select"/>.</param>
    /// <param name="classes">Of a new head; 0 = the old one.</param>
    /// <param name="seed">Of a new head's weights.</param>
    /// <returns>The model, its constants that are trained, and how it is put back into integers; null where it needs not.</returns>
    /// <exception cref="EdgeException">The layers cannot be trained.</exception>
    public static (Graph Graph, Value[] Trained, QuantizedTail? Tail) Prepare(Graph graph, string layers, int classes = 0, ulong seed = 0)
    {
        HashSet<string> chosen = [.. TrainableLayer.Select(graph, layers).Select(l => l.Name)];
        HashSet<string> expanded = classes > 0 ? [.. chosen, TrainableLayer.Find(graph)[^1].Name] : chosen;
        QuantizedTail? tail = Expand(graph, expanded);
        Graph real = tail?.Graph ?? graph;
        Graph ready = classes > 0 ? HeadReplacer.Replace(real, classes, seed) : real;
        return (ready, [.. TrainableLayer.Find(ready).Where(l => chosen.Contains(l.Name)).SelectMany(l => l.Weights)], tail is { _forms.Count: > 0 } ? tail : null);
    }

    private void AddReal(Node node)
    {
        _isExpanded |= node.Inputs.Any(v => v is { IsConstant: false, Info.Type: DataType.S8 or DataType.S16 });
        switch (node.Operator)
        {
            case QuantConv conv:
                AddProduct(node, conv);
                break;
            case QuantAdd add:
                Add(node, new Binary("Add") { Activation = ActivationOf(add.Result) }, [RealOf(node.Inputs[0]!), RealOf(node.Inputs[1]!)]);
                break;
            case QuantAveragePool pool:
                Add(node, new AveragePool { Kernel = pool.Kernel, Strides = pool.Strides, Pads = pool.Pads, Dilations = pool.Dilations, CeilMode = pool.CeilMode, CountIncludePad = pool.CountIncludePad }, [RealOf(node.Inputs[0]!)]);
                break;
            case QuantSoftmax softmax:
                if (!HasWords(node))
                {
                    _softmaxes.Add(node.Name);
                }
                Add(node, new Softmax { Axis = softmax.Axis }, [RealOf(node.Inputs[0]!)]);
                break;
            case DequantizeLinear or QuantizeLinear when node.Input(0) is { IsConstant: false }:
                Add(node, new Identity(), [RealOf(node.Inputs[0]!)]);
                break;
            case Reshape or Flatten or Squeeze or Unsqueeze or Transpose or MaxPool or Identity:
                Add(node, node.Operator, [.. node.Inputs.Select(v => v is null ? null : v.IsConstant ? CopyOf(v) : RealOf(v))]);
                break;
            case var op when node.Inputs.Concat(node.Outputs).All(v => v is null || v.Info.Type is not (DataType.S8 or DataType.S16)):
                Add(node, op, [.. node.Inputs.Select(v => v is null ? null : CopyOf(v))]);
                break;
            default:
                throw new EdgeException(
                    EdgeError.BadOption, $"behind the layers that are to be trained, {node.Operator.Kind} '{node.Name}' computes integers, and has no form to train through", "train only layers behind it, or give the float32 model", node.Place);
        }
        _tail.UnionWith(node.Outputs);
    }

    /// <summary>Whether it reads 16-bit integers, which training does not put back.</summary>
    private static bool HasWords(Node node) => node.Inputs[0]!.Info.Type == DataType.S16;

    /// <summary>Weights are integers times (multiplier / 2^31) * y scale / x scale, biases integers times x scale * weight scale.</summary>
    private void AddProduct(Node node, QuantConv conv)
    {
        if (node.Inputs.Skip(1).Any(v => v is not { IsConstant: true }) || node.Inputs[0]!.Info.Quant is not { Scales: [var xScale] })
        {
            throw new EdgeException(EdgeError.BadOption, $"the weights of '{node.Name}' or the scale of its input are not known", "give the float32 model", node.Place);
        }
        sbyte[] integers = node.Inputs[1]!.Constant!.ToArray<sbyte>();
        int[] biases = node.Inputs[2]!.Constant!.ToArray<int>();
        int[] multipliers = node.Inputs[3]!.Constant!.ToArray<int>();
        Tensor weights = Tensor.Allocate(DataType.F32, node.Inputs[1]!.Info.KnownShape);
        Tensor bias = Tensor.Allocate(DataType.F32, new Shape(biases.Length));
        int row = integers.Length / Math.Max(1, biases.Length);
        for (int m = 0; m < biases.Length; m++)
        {
            double scale = multipliers[m] / (double)(1L << 31) * conv.Result.Scale / xScale;
            bias.Span<float>()[m] = (float)(biases[m] * xScale * scale);
            for (int i = m * row; i < (m + 1) * row; i++)
            {
                weights.Span<float>()[i] = (float)(integers[i] * scale);
            }
        }
        Activation activation = ActivationOf(conv.Result);
        Operator op = node.Inputs[0]!.Info.KnownShape.Rank == 2
            ? new Gemm { TransB = true, Activation = activation }
            : new Conv { Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group, Activation = activation };
        if (!HasWords(node))
        {
            // What was a result of 16 bits becomes one of 8.
            _forms[node.Name] = conv.Result.Type == DataType.S8 ? conv.Result : new QuantResult(conv.Result.Scale, 0, conv.Result.Low == 0 ? 0 : sbyte.MinValue);
        }
        Add(node, op, [RealOf(node.Inputs[0]!), _target.AddConstant(node.Inputs[1]!.Name, weights), _target.AddConstant(node.Inputs[2]!.Name, bias)]);
    }

    /// <summary>Clamps are activations: nothing below the zero point is Relu; the ends of the integers' range are only the range.</summary>
    private static Activation ActivationOf(QuantResult result)
    {
        float Real(int q) => result.Scale * (q - result.Zero);
        if (result.Type == DataType.S16)
        {
            // Ends of their range lie beyond all that calibration saw.
            return new Activation(ActivationKind.Clip, Real(result.Low), Real(result.High));
        }
        bool isRelu = result.Low == result.Zero;
        return result.High < sbyte.MaxValue || (!isRelu && result.Low > sbyte.MinValue)
            ? new Activation(ActivationKind.Clip, result.Low > sbyte.MinValue || isRelu ? Real(result.Low) : float.MinValue, result.High < sbyte.MaxValue ? Real(result.High) : float.MaxValue)
            : isRelu ? new Activation(ActivationKind.Relu) : default;
    }

    private void Add(Node node, Operator op, Value?[] inputs)
    {
        Node copy = _target.AddNode(node.Name, op, inputs, [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < copy.Outputs.Count; i++)
        {
            _copies[node.Outputs[i]] = copy.Outputs[i];
        }
    }

    private Value CopyOf(Value value)
    {
        if (!_copies.TryGetValue(value, out Value? copy))
        {
            copy = _target.AddConstant(value.Name, value.Constant!);
            _copies[value] = copy;
        }
        return copy;
    }

    /// <summary>A value in float32: of the end itself, or what the integers before it stand for.</summary>
    private Value RealOf(Value value)
    {
        if (_reals.TryGetValue(value, out Value? known))
        {
            return known;
        }
        Value copy = CopyOf(value);
        if (copy.Info.Type is not (DataType.S8 or DataType.S16))
        {
            return copy;
        }
        if (copy.Info.Quant is not { Scales: [var scale], ZeroPoints: [var zero] })
        {
            throw new EdgeException(EdgeError.BadOption, $"what the integers of '{value.Name}' stand for is not known", "give the float32 model");
        }
        Value real = _target.Add(
            $"{value.Name} float32", new DequantizeLinear(), [copy, _target.AddConstant($"{value.Name} scale", Tensor.FromScalar(scale)), _target.AddConstant($"{value.Name} zero", copy.Info.Type == DataType.S8 ? Tensor.FromScalar((sbyte)zero) : Tensor.FromScalar((short)zero))]);
        _reals[value] = real;
        return real;
    }
}
