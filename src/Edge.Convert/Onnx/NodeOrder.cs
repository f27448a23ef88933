using Edge.Convert.Onnx.Wire;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Onnx;

/// <summary>
/// The nodes of an ONNX graph in an order in which every value is computed before it is read: Kahn's algorithm, among ready
/// nodes the first in the file. Takes O((nodes + inputs) log nodes) whatever the order of the file is.
/// </summary>
internal sealed class NodeOrder
{
    private const string Remedy = "the file is damaged: export it again";

    /// <summary>More are not listed: they have one cause.</summary>
    private const int MaxProblems = 20;

    private readonly IReadOnlyList<NodeProto> _nodes;
    private readonly HashSet<string> _available;
    private readonly Dictionary<string, int> _producers = new(StringComparer.Ordinal);
    private readonly List<int> _indexes = [];
    private readonly HashSet<string> _undefined = new(StringComparer.Ordinal);
    private readonly List<EdgeException> _problems = [];

    private NodeOrder(IReadOnlyList<NodeProto> nodes, IEnumerable<string> available)
    {
        _nodes = nodes;
        _available = new HashSet<string>(available, StringComparer.Ordinal) { "" };
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string output in nodes[i].Output)
            {
                _producers.TryAdd(output, i);
            }
        }
    }

    /// <summary>Places in the file, in order; nodes on a cycle and behind one are left out.</summary>
    public IReadOnlyList<int> Indexes => _indexes;

    /// <summary>Values that nothing defines, and values on or behind a cycle.</summary>
    public IReadOnlySet<string> Undefined => _undefined;

    /// <summary>Undefined values and a cycle, each with the node.</summary>
    public IReadOnlyList<EdgeException> Problems => _problems;

    /// <param name="available">Names of inputs and constants.</param>
    public static NodeOrder Of(IReadOnlyList<NodeProto> nodes, IEnumerable<string> available)
    {
        var order = new NodeOrder(nodes, available);
        order.FindUndefined();
        order.Sort();
        return order;
    }

    private void FindUndefined()
    {
        for (int i = 0; i < _nodes.Count; i++)
        {
            foreach (string name in _nodes[i].Input.Where(n => !_available.Contains(n) && !_producers.ContainsKey(n)))
            {
                if (_undefined.Add(name) && _problems.Count < MaxProblems)
                {
                    _problems.Add(new EdgeException(EdgeError.OnnxInvalidGraph, $"the value '{name}' is read but never defined", Remedy, Place(i)));
                }
            }
        }
        _available.UnionWith(_undefined);
    }

    private void Sort()
    {
        var missing = new int[_nodes.Count];
        var readers = new Dictionary<int, List<int>>();
        var ready = new PriorityQueue<int, int>();
        for (int i = 0; i < _nodes.Count; i++)
        {
            foreach (int producer in Producers(i))
            {
                missing[i]++;
                (readers.TryGetValue(producer, out List<int>? list) ? list : readers[producer] = []).Add(i);
            }
            if (missing[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }
        while (ready.TryDequeue(out int next, out _))
        {
            _indexes.Add(next);
            foreach (int reader in readers.GetValueOrDefault(next, []))
            {
                if (--missing[reader] == 0)
                {
                    ready.Enqueue(reader, reader);
                }
            }
        }
        if (_indexes.Count < _nodes.Count)
        {
            ReportCycle(missing);
        }
    }

    /// <summary>Nodes that compute what node <paramref name="index"/> reads, one for each input that is not there from the start.</summary>
    private IEnumerable<int> Producers(int index) =>
        _nodes[index].Input.Where(n => !_available.Contains(n)).Select(n => _producers[n]);

    /// <summary>Walks from an unsorted node from producer to producer until a node comes back.</summary>
    private void ReportCycle(int[] missing)
    {
        foreach (int rest in Enumerable.Range(0, missing.Length).Where(i => missing[i] > 0))
        {
            _undefined.UnionWith(_nodes[rest].Output);
        }
        int at = Array.FindIndex(missing, m => m > 0);
        var path = new List<int>();
        var seen = new HashSet<int>();
        while (seen.Add(at))
        {
            path.Add(at);
            at = Producers(at).First(p => missing[p] > 0);
        }
        int[] cycle = [.. path.Skip(path.IndexOf(at))];
        string names = string.Join(" <- ", cycle.Append(at).Take(MaxProblems).Select(i => $"'{OnnxImporter.NameOf(_nodes[i], i)}'"));
        _problems.Add(new EdgeException(EdgeError.OnnxInvalidGraph, $"the node is part of a cycle: {names}", Remedy, Place(at)));
    }

    private string Place(int index) => $"{_nodes[index].OpType} '{OnnxImporter.NameOf(_nodes[index], index)}'";
}
