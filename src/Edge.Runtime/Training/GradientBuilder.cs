using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>
/// Adds the backward half to a graph: reverse-mode differentiation, node by node, by the rules that the operators state
/// (<see cref="Operator.Differentiate"/>). The result is a graph like any other, which the planner plans: an activation stays in
/// memory from the step that computes it to the last gradient that reads it.
/// </summary>
public sealed class GradientBuilder
{
    private readonly Graph _graph;
    private readonly HashSet<Value> _active = [];
    private readonly Dictionary<Value, Value> _gradients = [];
    private readonly HashSet<string> _names;
    private readonly Func<Value, Value> _forward;
    private int _next;

    private GradientBuilder(Graph graph, Func<Value, Value>? forward)
    {
        _graph = graph;
        _forward = forward ?? (v => v);
        _names = [.. graph.Values().Select(v => v.Name)];
    }

    /// <summary>Adds nodes that compute the gradient of <paramref name="loss"/> by each of <paramref name="parameters"/>.</summary>
    /// <param name="loss">A scalar of the graph.</param>
    /// <param name="parameters">Inputs or variables of the graph, float32 or float64.</param>
    /// <param name="forward">Where the backward half finds values of the forward half; null = the values themselves.</param>
    /// <returns>One gradient per parameter, of its shape; zeros where the loss does not depend on it.</returns>
    /// <exception cref="EdgeException">A node between a parameter and the loss has no rule (EC3006).</exception>
    public static Value[] AddGradients(Graph graph, Value loss, IReadOnlyList<Value> parameters, Func<Value, Value>? forward = null) =>
        new GradientBuilder(graph, forward).Add(loss, parameters);

    private Value[] Add(Value loss, IReadOnlyList<Value> parameters)
    {
        if (loss.Info.KnownShape.Count != 1)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the loss '{loss.Name}' has shape {loss.Info.KnownShape}, expected one element");
        }
        Node[] nodes = [.. _graph.Nodes];
        MarkActive(nodes, parameters);
        _gradients[loss] = Ones(loss.Info);
        for (int i = nodes.Length - 1; i >= 0; i--)
        {
            Differentiate(nodes[i]);
        }
        return [.. parameters.Select(p => _gradients.TryGetValue(p, out Value? gradient) ? gradient : _graph.AddConstant(Unique($"{p.Name}/zero"), Tensor.Allocate(p.Info)))];
    }

    /// <summary>Finds the values that depend on a parameter.</summary>
    private void MarkActive(Node[] nodes, IReadOnlyList<Value> parameters)
    {
        _active.UnionWith(parameters);
        foreach (Node node in nodes)
        {
            if (node.Inputs.Any(v => v is not null && _active.Contains(v)))
            {
                _active.UnionWith(node.Outputs.Where(o => o.Info.IsKnown && o.Info.Type is DataType.F32 or DataType.F64));
            }
        }
    }

    private void Differentiate(Node node)
    {
        bool[] wanted = [.. node.Inputs.Select(v => v is not null && _active.Contains(v))];
        Value?[] gradients = [.. node.Outputs.Select(o => _active.Contains(o) ? _gradients.GetValueOrDefault(o) : null)];
        if (!wanted.Contains(true) || gradients.All(g => g is null))
        {
            return;
        }
        try
        {
            node.Operator.Differentiate(new GradientContext(_graph, node, gradients, wanted, (input, gradient) => Give(node, wanted, input, gradient), _forward, Unique));
        }
        catch (EdgeException exception)
        {
            throw exception.At(node.Place);
        }
    }

    /// <summary>Adds to what other readers of the value have given.</summary>
    private void Give(Node node, bool[] wanted, int input, Value gradient)
    {
        if (!wanted[input])
        {
            return;
        }
        Value value = node.Inputs[input]!;
        if (gradient.Info.KnownShape != value.Info.KnownShape)
        {
            throw new EdgeException(EdgeError.InvalidGraph, $"the gradient of input {input} has shape {gradient.Info.KnownShape}, the input {value.Info.KnownShape}");
        }
        _gradients[value] = _gradients.TryGetValue(value, out Value? sum)
            ? _graph.Add(Unique($"{value.Name}/gradient"), new Binary("Add"), [sum, gradient])
            : gradient;
    }

    private Value Ones(TensorInfo info)
    {
        Tensor one = info.Type == DataType.F64 ? Tensor.FromScalar(1.0) : Tensor.FromScalar(1f);
        return _graph.AddConstant(Unique("loss/gradient"), one.Reshape(info.KnownShape));
    }

    private string Unique(string name)
    {
        string unique = name;
        while (!_names.Add(unique))
        {
            unique = $"{name}#{++_next}";
        }
        return unique;
    }
}
