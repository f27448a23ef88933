using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// Rewrites a float32 graph in integers by a plan: each node becomes its quantized form where there is one, and stays as it is, between
/// DequantizeLinear and QuantizeLinear, where there is none.
/// </summary>
internal sealed partial class Int8Builder
{
    private readonly Graph _source;
    private readonly SchemePlan _plan;
    private readonly IReadOnlyDictionary<Value, Scheme> _words;
    private readonly Graph _target;
    private readonly Dictionary<Value, Value> _floats = [];
    private readonly Dictionary<Value, (Value Bytes, Scheme Scheme)> _bytes = [];
    private readonly HashSet<Node> _absorbed = [];
    private readonly HashSet<Node> _kept = [];
    private readonly Dictionary<Node, ProductForm> _products = [];
    private readonly List<LayerDecision> _decisions = [];

    private Int8Builder(Graph source, SchemePlan plan)
    {
        _source = source;
        _plan = plan;
        _words = WordSchemes.Resolve(source, plan);
        _target = new Graph(source.Name);
    }

    /// <summary>The new graph; constants are shared with <paramref name="source"/>.</summary>
    public static Int8Form Build(Graph source, SchemePlan plan)
    {
        var builder = new Int8Builder(source, plan);
        builder.Build();
        return new Int8Form
        {
            Graph = builder._target,
            Decisions = builder._decisions,
            Schemes = builder._bytes.ToDictionary(b => b.Key, b => b.Value.Scheme),
            Bytes = builder._bytes.ToDictionary(b => b.Key, b => b.Value.Bytes),
            Products = builder._products,
            Kept = builder._kept,
        };
    }

    private void Build()
    {
        foreach (Value input in _source.Inputs)
        {
            _floats[input] = _target.AddInput(input.Name, input.Info);
            Saturate(input);
        }
        foreach (Node node in _source.Nodes)
        {
            if (_absorbed.Contains(node))
            {
                continue;
            }
            string? reason = _plan.Heads.Contains(node.Name) ? OutputHeads.Reason : _plan.Keep.Contains(node.Name) ? "it is kept in float32" : TryQuantize(node);
            if (reason is not null)
            {
                Keep(node);
            }
            _decisions.Add(new LayerDecision(node.Name, node.Operator.Kind, reason, reason is null && _plan.Words.Contains(node.Name)));
        }
        foreach (Value output in _source.Outputs)
        {
            Value value = FloatOf(output);
            if (!_target.Inputs.Contains(value))
            {
                value.Name = output.Name;
            }
            _target.AddOutput(value);
        }
    }

    /// <returns>Why the node cannot be computed in integers, or null where it was added.</returns>
    private string? TryQuantize(Node node) => node.Operator switch
    {
        Conv or Gemm or BatchNorm => TryProduct(node),
        Binary or AveragePool or GlobalAveragePool when IsIsland(node) => "what it reads is float32, and so is what reads it",
        Binary { Kind: "Add", Activation.Kind: ActivationKind.None } when node.Inputs.All(v => v is { IsConstant: false }) => TryAdd(node),
        Binary binary => TryScalar(node, binary),
        Unary unary => TryTable(node, node.Input(0)!, unary),
        AveragePool pool => TryAverage(node, pool.Kernel, pool.Strides, pool.Pads, pool.Dilations, pool.CeilMode, pool.CountIncludePad),
        GlobalAveragePool => TryGlobalAverage(node),
        Softmax softmax => TrySoftmax(node, softmax),
        _ => TryMove(node),
    };

    /// <summary>Elements that are float32 on both sides need not become integers in between.</summary>
    private bool IsIsland(Node node) =>
        !_plan.Saturates && !_plan.HasIslands && !node.Inputs.Any(v => v is not null && _bytes.ContainsKey(v)) && !node.Outputs.Any(LeadsToProduct);

    private bool LeadsToProduct(Value value) =>
        value.Consumers.Any(c => !_plan.Keep.Contains(c.Name) && (c.Operator is Conv or Gemm || (Moves.AsIntegers(c, 0) is not null && c.Outputs.Any(LeadsToProduct))));

    /// <summary>Adds the node as it is, on float32 inputs.</summary>
    private void Keep(Node node)
    {
        _kept.Add(node);
        Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : FloatOf(v))];
        Node added = _target.AddNode(node.Name, node.Operator, inputs, [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < added.Outputs.Count; i++)
        {
            _floats[node.Outputs[i]] = added.Outputs[i];
            Saturate(node.Outputs[i]);
        }
    }

    /// <summary>Readers in float32 see what the integers stand for.</summary>
    private void Saturate(Value value)
    {
        if (_plan.Saturates && BytesOf(value) is not null)
        {
            _floats.Remove(value);
        }
    }

    private Value FloatOf(Value value)
    {
        if (value.Constant is { } constant)
        {
            return _floats.TryGetValue(value, out Value? known) ? known : _floats[value] = _target.AddConstant(value.Name, constant);
        }
        if (!_floats.TryGetValue(value, out Value? real))
        {
            (Value bytes, Scheme scheme) = _bytes[value];
            real = _target.Add(
                $"{value.Name} float32", new DequantizeLinear(), [bytes, Constant($"{value.Name} scale", Tensor.FromScalar(scheme.Scale)), Zero(value.Name, scheme)]);
            _floats[value] = real;
        }
        return real;
    }

    /// <summary>The integers for a value; null where the plan has none.</summary>
    private (Value Bytes, Scheme Scheme)? BytesOf(Value? value)
    {
        if (value is null || value.IsConstant)
        {
            return null;
        }
        if (_bytes.TryGetValue(value, out (Value Bytes, Scheme Scheme) known))
        {
            return known;
        }
        if (SchemeOf(value) is not { } scheme || !_floats.TryGetValue(value, out Value? real))
        {
            return null;
        }
        Value bytes = _target.Add(
            $"{value.Name} {(scheme.IsWords ? "int16" : "int8")}", new QuantizeLinear { OutputType = scheme.Type }, [real, Constant($"{value.Name} scale", Tensor.FromScalar(scheme.Scale)), Zero(value.Name, scheme)]);
        return _bytes[value] = (bytes, scheme);
    }

    /// <summary>Adds a node that computes integers for <paramref name="value"/>.</summary>
    private Value AddBytes(Value value, Node node, Operator op, Scheme scheme, params Value?[] inputs)
    {
        Node added = _target.AddNode(node.Name, op, inputs, [value.Name]);
        _bytes[value] = (added.Outputs[0], scheme);
        return added.Outputs[0];
    }

    /// <summary>The scheme that the plan has for a value; null where it has none.</summary>
    private Scheme? SchemeOf(Value value) => _words.GetValueOrDefault(value) ?? _plan.Values.GetValueOrDefault(value);

    private (Value Result, Activation Activation) Absorb(Value output) => Absorption.Of(_source, _plan, output);

    private void MarkAbsorbed(Node node, Value result)
    {
        if (result.Producer is { } reader && reader != node)
        {
            _absorbed.Add(reader);
        }
    }

    private Value Constant(string name, Tensor tensor) => _target.AddConstant(name, tensor);

    /// <summary>The zero point of QuantizeLinear and DequantizeLinear; 0 is their default and left out.</summary>
    private Value? Zero(string name, Scheme scheme) => scheme.Zero == 0 ? null : Constant($"{name} zero", Tensor.FromScalar((sbyte)scheme.Zero));
}
