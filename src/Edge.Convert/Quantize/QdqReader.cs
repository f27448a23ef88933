using Edge.Convert.Passes;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// Reads the schemes out of a graph that was quantized elsewhere: pairs of QuantizeLinear and DequantizeLinear around float32 operators
/// (QDQ), and QLinearConv and QLinearMatMul, which are first written as such pairs. What remains is a float32 graph and a plan.
/// </summary>
internal sealed class QdqReader
{
    private readonly Graph _graph;
    private readonly SchemePlan _plan = new() { Saturates = true };

    private QdqReader(Graph graph) => _graph = graph;

    /// <summary>Takes the pairs out of <paramref name="graph"/>; null, and nothing is changed, where it has none around products.</summary>
    public static SchemePlan? Read(Graph graph)
    {
        bool hasActivations = graph.Nodes.Any(n => n.Operator is QuantizeLinear or QLinearConv or QLinearMatMul);
        bool hasProducts = graph.Nodes.Any(n => n.Operator is QLinearConv or QLinearMatMul || (n.Operator is Conv or Gemm or MatMul && n.Inputs.Take(2).All(v => v?.Producer?.Operator is DequantizeLinear)));
        if (!hasActivations || !hasProducts)
        {
            return null;
        }
        var reader = new QdqReader(graph);
        reader.Run();
        return reader._plan;
    }

    private void Run()
    {
        foreach (Node node in _graph.Walk())
        {
            if (MovesIntegers(node) && SchemeOf(node.Input(0)!.Producer!) is not null)
            {
                WriteMoveAsPairs(node);
            }
            else if (node.Operator is QLinearConv or QLinearMatMul && IsBetweenPairs(node))
            {
                WriteAsPairs(node);
            }
        }
        foreach (Node node in _graph.Walk())
        {
            if (node.Operator is DequantizeLinear dequantize)
            {
                _ = node.Input(0)!.IsConstant ? ReadWeights(node, dequantize) : ReadActivation(node);
            }
        }
        new Passes.Cleanup.EliminateDeadNodes().Run(_graph, new PassLog());
        SpreadBackwards();
    }

    /// <summary>Whether the node moves integers that another has made; padding of integers is no zero.</summary>
    private static bool MovesIntegers(Node node) =>
        node.Outputs.Count == 1 && node.Outputs[0].Info.Type is DataType.S8 or DataType.U8 or DataType.S16 && node.Operator is not Pad && !Moves.Joins(node)
        && Moves.AsIntegers(node, 0) is not null && node.Input(0)?.Producer is { Operator: QuantizeLinear };

    /// <summary>The move in float32, between the scales of its input.</summary>
    private void WriteMoveAsPairs(Node node)
    {
        Node quantize = node.Input(0)!.Producer!;
        Value x = _graph.Add($"{node.Name} x", new DequantizeLinear(), [node.Input(0), quantize.Input(1), quantize.Input(2)], node);
        Value moved = _graph.Add($"{node.Name} moved", node.Operator, [x, .. node.Inputs.Skip(1)], node);
        _graph.Replace(node, quantize.Operator, [moved, quantize.Input(1), quantize.Input(2)]);
    }

    /// <summary>Whether the integers that the node reads come from a node, and its other operands are constant.</summary>
    private static bool IsBetweenPairs(Node node) =>
        node.Input(0)?.Producer is { Operator: QuantizeLinear or QLinearConv or QLinearMatMul or MaxPool or Reshape or Flatten } && node.Inputs.Skip(1).All(v => v is null or { IsConstant: true })
        && (node.Operator is QLinearConv || (node.Input(0)!.Info.Shape is { Rank: 2 } && node.Input(1)!.Info.Shape is { Rank: 2 } && node.Inputs.Skip(2).All(v => v is null or { Constant.Count: 1 })));

    private void WriteAsPairs(Node node)
    {
        bool isConv = node.Operator is QLinearConv;
        (int xScale, int wScale, int yScale, int yZero) = isConv ? (5, 6, 7, 8) : (4, 5, 6, 7);
        Value x = _graph.Add($"{node.Name} x", new DequantizeLinear(), [node.Input(0), node.Input(xScale), node.Input(2)], node);
        Value w = _graph.Add($"{node.Name} w", new DequantizeLinear { Axis = 0 }, [node.Input(1), node.Input(wScale), PerChannel(node.Input(3), node.Input(wScale)!)], node);
        Value y;
        if (node.Operator is QLinearConv conv)
        {
            Value? bias = node.Input(4) is { } b ? AddBias(node, b) : null;
            y = _graph.Add(
                $"{node.Name} sum", new Conv { Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group }, bias is null ? [x, w] : [x, w, bias], node);
        }
        else
        {
            y = _graph.Add($"{node.Name} sum", new Gemm(), [x, w], node);
        }
        _graph.Replace(node, new QuantizeLinear { OutputType = node.Outputs[0].Info.Type }, [y, node.Input(yScale), node.Input(yZero)]);
    }

    /// <summary>One zero point for each scale.</summary>
    private Value? PerChannel(Value? zeros, Value scales)
    {
        if (zeros?.Constant is not { } tensor || tensor.Count == scales.Info.KnownShape.Count)
        {
            return zeros;
        }
        Tensor spread = Tensor.Allocate(tensor.Type, scales.Info.KnownShape);
        spread.ByteSpan().Fill(tensor.ByteSpan()[0]);
        return _graph.AddConstant($"{zeros.Name} of each channel", spread);
    }

    private Value AddBias(Node node, Value bias)
    {
        int[] integers = bias.Constant!.ToArray<int>();
        float xScale = node.Input(5)!.Constant!.ToArray<float>()[0];
        float[] wScales = node.Input(6)!.Constant!.ToArray<float>();
        return _graph.AddVector($"{node.Name} bias", [.. integers.Select((b, i) => b * (double)xScale * wScales[wScales.Length == 1 ? 0 : i])]);
    }

    private bool ReadWeights(Node node, DequantizeLinear dequantize)
    {
        if (node.Inputs.Any(v => v is { IsConstant: false }) || node.Input(0)!.Constant is not { } integers || dequantize.BlockSize != 0)
        {
            return false;
        }
        float[] scales = node.Input(1)!.Constant!.ToArray<float>();
        double[] zeros = node.Input(2)?.Constant?.ToDouble() ?? [0];
        int axis = dequantize.Axis < 0 ? dequantize.Axis + integers.Shape.Rank : dequantize.Axis;
        long inner = scales.Length == 1 ? 1 : integers.Shape.CountRange(axis + 1, integers.Shape.Rank);
        double[] values = integers.ToDouble();
        Tensor real = Tensor.Allocate(DataType.F32, integers.Shape);
        Span<float> target = real.Span<float>();
        for (int i = 0; i < values.Length; i++)
        {
            int s = scales.Length == 1 ? 0 : (int)(i / inner % scales.Length);
            target[i] = (float)((values[i] - zeros[zeros.Length == 1 ? 0 : s]) * scales[s]);
        }
        Value constant = _graph.AddConstant($"{node.Outputs[0].Name} real", real);
        // Products need one scale per row of the weights; the second operand of a product that is not transposed has them per column.
        bool isWeights = integers.Type is DataType.S8 or DataType.U8 && zeros.All(z => z.Equals(integers.Type == DataType.U8 ? 128 : 0));
        if (isWeights && scales.All(s => s > 0))
        {
            _plan.WeightScales[constant] = scales;
        }
        _graph.ReplaceUses(node.Outputs[0], constant);
        return true;
    }

    private bool ReadActivation(Node dequantize)
    {
        Value integers = dequantize.Input(0)!;
        if (integers.Producer is not { Operator: QuantizeLinear { OutputType: DataType.S8 or DataType.U8 or DataType.S16 } } quantize || SchemeOf(quantize) is not { } scheme
            || SchemeOf(dequantize) != scheme)
        {
            return false;
        }
        Value real = quantize.Inputs[0]!;
        bool isLast = _graph.IsOutput(dequantize.Outputs[0]);
        if (isLast && (real.Producer is null || _graph.IsOutput(real)))
        {
            return false;
        }
        if (real.Info.Type != DataType.F32 || real.IsConstant || (_plan.Values.TryGetValue(real, out Scheme? known) && known != scheme))
        {
            return false;
        }
        _plan.Values[real] = scheme;
        _graph.ReplaceUses(dequantize.Outputs[0], real);
        if (isLast)
        {
            (real.Name, dequantize.Outputs[0].Name) = (dequantize.Outputs[0].Name, real.Name);
        }
        return true;
    }

    /// <summary>The scheme of one constant scale and zero point for all elements; null for others.</summary>
    private static Scheme? SchemeOf(Node node)
    {
        if (node.Input(1)?.Constant is not { Count: 1 } scale || node.Input(2) is { Constant: not { Count: 1 } })
        {
            return null;
        }
        DataType type = node.Operator is QuantizeLinear quantize ? quantize.OutputType : node.Inputs[0]!.Info.Type;
        int zero = node.Input(2)?.Constant is { } tensor ? (int)tensor.ToDouble()[0] : 0;
        float value = scale.ToArray<float>()[0];
        if (!float.IsFinite(value) || value <= 0)
        {
            return null;
        }
        return type switch
        {
            DataType.U8 => new Scheme(value, zero - 128),
            DataType.S8 => new Scheme(value, zero),
            DataType.S16 when zero == 0 => Scheme.Words(value, short.MaxValue),
            _ => null,
        };
    }

    /// <summary>What only moves elements has one scheme on both sides.</summary>
    private void SpreadBackwards()
    {
        foreach (Node node in _graph.Nodes.Reverse())
        {
            if (Moves.AsIntegers(node, 0) is not null && !Moves.Joins(node) && node.Input(0) is { IsConstant: false } input
                && _plan.Values.TryGetValue(node.Outputs[0], out Scheme? scheme))
            {
                _plan.Values.TryAdd(input, scheme);
            }
        }
    }
}
