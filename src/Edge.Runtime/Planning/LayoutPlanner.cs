using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Planning;

/// <summary>
/// Copies a graph and gives each value a layout: operators say, in order, which layouts their best kernels take; a
/// <see cref="Reorder"/> stands wherever a value is wanted in another layout than its producer writes. Inputs and outputs of
/// the graph stay planar. Constants are shared with the original.
/// </summary>
internal sealed class LayoutPlanner
{
    private readonly Graph _source;
    private readonly KernelQuery _query;
    private readonly Graph _target;
    private readonly Dictionary<Value, Value> _copies = [];
    private readonly Dictionary<(Value, Layout), Value> _reordered = [];
    private readonly HashSet<Value> _late = [];
    private readonly Func<Node, bool> _onDevice;
    private readonly HashSet<Node> _placed = [];

    private LayoutPlanner(Graph source, KernelQuery query, Func<Node, bool> onDevice)
    {
        _source = source;
        _query = query;
        _onDevice = onDevice;
        _target = new Graph(source.Name);
    }

    /// <summary>The graph with layouts for the rows that <paramref name="query"/> allows; the graph itself where they gain nothing.</summary>
    /// <param name="onDevice">Nodes that a device is to compute, which knows float32 tensors in planar layout only.</param>
    /// <returns>The graph, and those of its nodes that <paramref name="onDevice"/> chose in the original.</returns>
    public static (Graph Graph, HashSet<Node> OnDevice) Plan(Graph graph, KernelQuery query, Func<Node, bool>? onDevice = null)
    {
        Func<Node, bool> chosen = onDevice ?? (_ => false);
        if (query.ReferenceOnly || !query.Features.HasFlag(CpuFeatures.Simd128))
        {
            return (graph, [.. graph.Nodes.Where(chosen)]);
        }
        var planner = new LayoutPlanner(graph, query, chosen);
        return (planner.Plan(), planner._placed);
    }

    private Graph Plan()
    {
        foreach (Value input in _source.Inputs)
        {
            _copies[input] = _target.AddInput(input.Name, input.Info);
        }
        foreach (Node node in _source.Nodes)
        {
            Copy(node);
        }
        foreach (Value output in _source.Outputs)
        {
            Value copy = CopyOf(output);
            _target.AddOutput(In(copy, Layout.Planar, copy.Producer is { } producer && _placed.Contains(producer)));
        }
        return _target;
    }

    private void Copy(Node node)
    {
        Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : CopyOf(v))];
        TensorInfo[] outputs = [.. node.Outputs.Select(o => o.Info)];
        LayoutChoice choice = Choose(node, inputs, outputs);
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = inputs[i] is { } input ? In(input, input.IsConstant ? Layout.Planar : choice.Inputs[i], _onDevice(node)) : null;
        }
        Value[] values = [.. outputs.Select((info, i) => Graph.Declare(node.Outputs[i].Name, info with { Layout = choice.Output }))];
        Node copied = _target.AddNode(node.Name, node.Operator, inputs, values);
        if (_onDevice(node))
        {
            _placed.Add(copied);
        }
        for (int i = 0; i < values.Length; i++)
        {
            _copies[node.Outputs[i]] = values[i];
        }
    }

    private LayoutChoice Choose(Node node, Value?[] inputs, TensorInfo[] outputs)
    {
        // What a late step computes is allocated during the run, in the layout that every operator knows.
        bool late = node.Operator.HasDataDependentShape || outputs.Any(o => !o.IsKnown) || node.Inputs.Any(v => v is not null && _late.Contains(v));
        if (late)
        {
            _late.UnionWith(node.Outputs);
        }
        if (!late && node.Operator.ViewOf is null && outputs.All(IsQuantized) && inputs.All(v => v is null || v.IsConstant || IsQuantized(v.Info)))
        {
            return node.Operator.ChooseByteLayouts(new KernelRequest(new OperatorInputs(inputs, outputs.Length), outputs, _query));
        }
        bool isFloat = !late && outputs.All(o => o.Type == DataType.F32) && inputs.All(v => v is null || v.IsConstant || v.Info.Type == DataType.F32);
        if (!isFloat || node.Operator.ViewOf is not null || _onDevice(node))
        {
            return LayoutChoice.Planar(inputs.Length);
        }
        return node.Operator.ChooseLayouts(new KernelRequest(new OperatorInputs(inputs, outputs.Length), outputs, _query));
    }

    /// <summary><paramref name="value"/> in a layout: itself, or what a <see cref="Reorder"/> makes of it.</summary>
    /// <param name="onDevice">Whether a device is to reorder it.</param>
    private Value In(Value value, Layout layout, bool onDevice)
    {
        if (value.Info.Layout == layout)
        {
            return value;
        }
        if (!_reordered.TryGetValue((value, layout), out Value? reordered))
        {
            string name = $"{value.Name} {(layout == Layout.Planar ? "planar" : layout == Layout.Blocked8 ? "blocked" : "channels last")}";
            reordered = Graph.Declare(name, value.Info with { Layout = layout });
            Node node = _target.AddNode(name, new Reorder(layout, Layouts.AreSame(value.Info.KnownShape, layout == Layout.Planar ? value.Info.Layout : layout)), [value], [reordered]);
            if (onDevice)
            {
                _placed.Add(node);
            }
            _reordered[(value, layout)] = reordered;
        }
        return reordered;
    }

    private static bool IsQuantized(TensorInfo info) => info.Type is DataType.S8 or DataType.U8 or DataType.S16;

    private Value CopyOf(Value value)
    {
        if (!_copies.TryGetValue(value, out Value? copy))
        {
            // Inputs and outputs of nodes were copied before: only constants and variables are left.
            copy = value.Variable is { } variable
                ? _target.AddVariable(value.Name, variable)
                : _target.AddConstant(value.Name, value.Constant ?? throw new InvalidOperationException($"{value.Name} is read before it is computed"));
            _copies[value] = copy;
        }
        return copy;
    }
}
