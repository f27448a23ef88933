using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graphs;

/// <summary>
/// The one intermediate representation of Edge: values joined by nodes, without cycles. The converter, the loader, the
/// planner and the trainer all work on it. <see cref="Nodes"/> is kept in an order in which each value is computed before it
/// is read. Not thread-safe.
/// </summary>
public sealed class Graph(string name)
{
    private readonly List<Node> _nodes = [];
    private readonly List<Value> _inputs = [];
    private readonly List<Value> _outputs = [];

    public string Name { get; set; } = name;

    public IReadOnlyList<Node> Nodes => _nodes;

    public IReadOnlyList<Value> Inputs => _inputs;

    public IReadOnlyList<Value> Outputs => _outputs;

    public Value AddInput(string name, TensorInfo info)
    {
        var value = new Value(name, info);
        _inputs.Add(value);
        return value;
    }

    public Value AddConstant(string name, Tensor tensor) => new(name, tensor.Info) { Constant = tensor };

    /// <summary>A value whose memory is <paramref name="tensor"/>, which may change between runs: a parameter in training.</summary>
    public Value AddVariable(string name, Tensor tensor) => new(name, tensor.Info) { Variable = tensor };

    /// <summary>Marks <paramref name="value"/> as the next output. A value may be listed more than once.</summary>
    public void AddOutput(Value value) => _outputs.Add(value);

    /// <summary>Output <paramref name="index"/> becomes <paramref name="value"/>.</summary>
    public void SetOutput(int index, Value value) => _outputs[index] = value;

    public bool IsOutput(Value value) => _outputs.Contains(value);

    /// <summary>
    /// Adds a node whose outputs are inferred from its inputs.
    /// </summary>
    /// <param name="before">The new node goes before this one; null appends.</param>
    /// <exception cref="EdgeException">The inputs do not fit the operator; the message names the node.</exception>
    public Node AddNode(string name, Operator op, IReadOnlyList<Value?> inputs, IReadOnlyList<string> outputNames, Node? before = null)
    {
        TensorInfo[] infos = Infer(name, op, inputs, outputNames.Count);
        Value[] outputs = [.. outputNames.Select((n, i) => new Value(n, infos[i]))];
        return Insert(new Node(name, op, [.. inputs], outputs), before);
    }

    /// <summary>Adds a node with one output that is named like the node, and returns that output.</summary>
    public Value Add(string name, Operator op, IReadOnlyList<Value?> inputs, Node? before = null) =>
        AddNode(name, op, inputs, [name], before).Outputs[0];

    /// <summary>Adds a node with outputs whose infos are given, as a reader does that trusts a file's own shapes.</summary>
    internal Node AddNode(string name, Operator op, Value?[] inputs, Value[] outputs) => Insert(new Node(name, op, inputs, outputs), null);

    /// <summary>A value that a reader gives to <see cref="AddNode(string, Operator, Value[], Value[])"/> as an output.</summary>
    internal static Value Declare(string name, TensorInfo info) => new(name, info);

    /// <summary>Removes a node. Its outputs must have no readers left.</summary>
    public void Remove(Node node)
    {
        foreach (Value output in node.Outputs)
        {
            if (output.Consumers.Count > 0 || IsOutput(output))
            {
                throw new InvalidOperationException($"{node.Place} cannot be removed: {output.Name} is still read");
            }
        }
        node.Detach();
        _nodes.Remove(node);
    }

    /// <summary>Every reader of <paramref name="old"/>, graph outputs included, reads <paramref name="replacement"/> instead.</summary>
    public void ReplaceUses(Value old, Value replacement)
    {
        foreach (Node node in old.Consumers.Distinct().ToArray())
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] == old)
                {
                    node.SetInput(i, replacement);
                }
            }
        }
        for (int i = 0; i < _outputs.Count; i++)
        {
            if (_outputs[i] == old)
            {
                _outputs[i] = replacement;
            }
        }
    }

    /// <summary>
    /// Puts <paramref name="op"/> with other inputs in the place of <paramref name="node"/>; the new node computes the same
    /// output values. This is how a pass adds or drops inputs.
    /// </summary>
    public Node Replace(Node node, Operator op, IReadOnlyList<Value?> inputs)
    {
        int index = _nodes.IndexOf(node);
        node.Detach();
        var replacement = new Node(node.Name, op, [.. inputs], [.. node.Outputs]);
        _nodes[index] = replacement;
        replacement.Attach();
        return replacement;
    }

    /// <summary>Infers again the infos of all values, in order. Call after input infos have changed.</summary>
    public void InferAll()
    {
        foreach (Node node in _nodes)
        {
            TensorInfo[] infos = Infer(node.Name, node.Operator, node.Inputs, node.Outputs.Count);
            for (int i = 0; i < infos.Length; i++)
            {
                node.Outputs[i].Info = infos[i];
            }
        }
    }

    /// <summary>Restores the order of <see cref="Nodes"/> after edits; stable for nodes that do not depend on each other.</summary>
    /// <exception cref="EdgeException">The graph has a cycle.</exception>
    public void SortTopologically()
    {
        var sorted = new List<Node>(_nodes.Count);
        var placed = new HashSet<Node>(_nodes.Count);
        var members = new HashSet<Node>(_nodes);
        var stack = new Stack<(Node Node, int Next)>();
        var open = new HashSet<Node>();
        foreach (Node root in _nodes)
        {
            if (placed.Contains(root))
            {
                continue;
            }
            stack.Push((root, 0));
            open.Add(root);
            while (stack.TryPop(out (Node Node, int Next) top))
            {
                if (top.Next == top.Node.Inputs.Count)
                {
                    placed.Add(top.Node);
                    open.Remove(top.Node);
                    sorted.Add(top.Node);
                    continue;
                }
                stack.Push((top.Node, top.Next + 1));
                if (top.Node.Inputs[top.Next]?.Producer is { } producer && members.Contains(producer) && !placed.Contains(producer))
                {
                    if (!open.Add(producer))
                    {
                        throw new EdgeException(EdgeError.InvalidGraph, "the node is part of a cycle", place: producer.Place);
                    }
                    stack.Push((producer, 0));
                }
            }
        }
        _nodes.Clear();
        _nodes.AddRange(sorted);
    }

    /// <summary>Every value: inputs, constants and node outputs, each once, in order of first appearance.</summary>
    public IEnumerable<Value> Values()
    {
        var seen = new HashSet<Value>();
        foreach (Value value in _inputs.Concat(_nodes.SelectMany(n => n.Inputs.OfType<Value>().Concat(n.Outputs))).Concat(_outputs))
        {
            if (seen.Add(value))
            {
                yield return value;
            }
        }
    }

    private static TensorInfo[] Infer(string name, Operator op, IReadOnlyList<Value?> inputs, int outputs)
    {
        try
        {
            return op.InferOutputs(new OperatorInputs(inputs, outputs));
        }
        catch (EdgeException exception)
        {
            throw exception.At($"{op.Kind} '{name}'");
        }
    }

    private Node Insert(Node node, Node? before)
    {
        if (before is null)
        {
            _nodes.Add(node);
        }
        else
        {
            _nodes.Insert(_nodes.IndexOf(before), node);
        }
        node.Attach();
        return node;
    }
}
