using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Planning;

/// <summary>Where a value lies inside another one, in bytes.</summary>
internal readonly record struct Part(Value Whole, long Offset);

/// <summary>
/// Finds values that can be computed where a node is going to join them (<see cref="Operator.PlaceInOutput"/>), so that joining
/// moves nothing. The whole is in memory from its first part on: a join that would raise the peak of memory is left to its kernel.
/// </summary>
internal sealed class JoinPlanner
{
    /// <summary>Steps from the first part to the last reader: more are no longer one block of a network.</summary>
    private const int MostSteps = 2000;

    private readonly Graph _graph;
    private readonly KernelQuery _query;
    private readonly Dictionary<Value, Part> _parts = [];
    private readonly Dictionary<Value, Lifetime> _lifetimes = [];
    private readonly HashSet<Value> _late = [];
    private readonly long[] _alive;
    private long _peak;

    private JoinPlanner(Graph graph, KernelQuery query)
    {
        _graph = graph;
        _query = query;
        _alive = new long[graph.Nodes.Count + 2];
    }

    /// <summary>The parts among the values of <paramref name="graph"/>. A whole may be a part itself.</summary>
    /// <param name="lastRead">The last step that reads each value; the number of nodes for graph outputs.</param>
    public static Dictionary<Value, Part> Find(Graph graph, KernelQuery query, IReadOnlyDictionary<Value, int> lastRead)
    {
        var planner = new JoinPlanner(graph, query);
        planner.FindLifetimes(lastRead);
        planner.CountAlive();
        for (int step = 0; step < graph.Nodes.Count; step++)
        {
            planner.Join(graph.Nodes[step]);
        }
        return planner._parts;
    }

    /// <summary>Memory that every value would have of its own; a view prolongs the life of what it shows.</summary>
    private void FindLifetimes(IReadOnlyDictionary<Value, int> lastRead)
    {
        foreach (Value input in _graph.Inputs)
        {
            _lifetimes[input] = new Lifetime(input.Info.Bytes, -1, lastRead.GetValueOrDefault(input, -1));
        }
        for (int step = 0; step < _graph.Nodes.Count; step++)
        {
            Node node = _graph.Nodes[step];
            if (node.Operator.HasDataDependentShape || node.Outputs.Any(o => !o.Info.IsKnown) || node.Inputs.Any(i => i is not null && _late.Contains(i)))
            {
                _late.UnionWith(node.Outputs);
                continue;
            }
            foreach (Value output in node.Outputs)
            {
                int last = lastRead.GetValueOrDefault(output, step);
                _lifetimes[output] = node.Operator.ViewOf is { } viewed && node.Inputs[viewed] is { IsConstant: false, IsVariable: false } shown
                    ? _lifetimes[shown].Extend(last)
                    : new Lifetime(output.Info.Bytes, step, last);
            }
        }
    }

    /// <summary>Sums what is alive at each step, and finds the peak.</summary>
    private void CountAlive()
    {
        foreach (Lifetime lifetime in _lifetimes.Values.Distinct())
        {
            _alive[lifetime.First + 1] += lifetime.Bytes;
            if (lifetime.Last + 2 < _alive.Length)
            {
                _alive[lifetime.Last + 2] -= lifetime.Bytes;
            }
        }
        for (int i = 1; i < _alive.Length; i++)
        {
            _alive[i] += _alive[i - 1];
        }
        _peak = _alive.Max();
    }

    private void Join(Node node)
    {
        if (node.Outputs.Count != 1 || !_lifetimes.TryGetValue(node.Outputs[0], out Lifetime? whole))
        {
            return;
        }
        var request = new KernelRequest(new OperatorInputs(node.Inputs, 1), [node.Outputs[0].Info], _query);
        var found = new Dictionary<Value, Part>();
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            if (node.Inputs[i] is { } input && CanBePart(input) && node.Operator.PlaceInOutput(request, i) is { } offset
                && offset % AlignedBuffer.Alignment == 0 && !found.TryAdd(input, new Part(node.Outputs[0], offset)))
            {
                return;
            }
        }
        if (found.Count > 0 && Absorb(whole, [.. found.Keys.Select(p => _lifetimes[p])]))
        {
            foreach ((Value value, Part part) in found)
            {
                _parts[value] = part;
            }
        }
    }

    /// <summary>Whether the place of a value is free to choose: a node computes it, into memory of its own, and it is not yet part of something.</summary>
    private bool CanBePart(Value value) =>
        value.Producer is { Operator.ViewOf: null } && !_late.Contains(value) && !_graph.IsOutput(value) && !_parts.ContainsKey(value);

    /// <summary>Takes parts into a whole, unless that would raise the peak.</summary>
    private bool Absorb(Lifetime whole, Lifetime[] parts)
    {
        int first = Math.Min(whole.First, parts.Min(p => p.First));
        int last = Math.Max(whole.Last, parts.Max(p => p.Last));
        if (last - first > MostSteps)
        {
            return false;
        }
        Exchange(whole, parts, first, last, 1);
        if (_alive.Skip(first + 1).Take(last - first + 1).Max() > _peak)
        {
            Exchange(whole, parts, first, last, -1);
            return false;
        }
        whole.First = first;
        whole.Last = last;
        Array.ForEach(parts, p => p.Bytes = 0);
        return true;
    }

    /// <summary>Counts the memory of a whole for longer, and that of its parts no more; with sign -1 the reverse.</summary>
    private void Exchange(Lifetime whole, Lifetime[] parts, int first, int last, int sign)
    {
        Count(first, whole.First - 1, sign * whole.Bytes);
        Count(whole.Last + 1, last, sign * whole.Bytes);
        foreach (Lifetime part in parts)
        {
            Count(part.First, part.Last, -sign * part.Bytes);
        }
    }

    /// <summary>Adds bytes to the steps <paramref name="first"/> to <paramref name="last"/>, counted from -1.</summary>
    private void Count(int first, int last, long bytes)
    {
        for (int step = first; step <= last; step++)
        {
            _alive[step + 1] += bytes;
        }
    }

    /// <summary>A stretch of memory and the steps during which it is needed.</summary>
    private sealed class Lifetime(long bytes, int first, int last)
    {
        /// <summary>0 for what lies in another one.</summary>
        public long Bytes { get; set; } = bytes;

        public int First { get; set; } = first;

        public int Last { get; set; } = last;

        public Lifetime Extend(int step)
        {
            Last = Math.Max(Last, step);
            return this;
        }
    }
}
