using Edge.Convert.Onnx.Wire;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Onnx;

/// <summary>
/// Replaces calls of functions that a model defines itself (FunctionProto) by the nodes of their bodies, calls inside of
/// bodies included. Values and nodes of a body get the name of the call as a prefix. What a small file can grow to is
/// limited: see <see cref="Limits.MaxCallDepth"/>, <see cref="Limits.MaxCalledNodes"/>, <see cref="Limits.MaxCalledBytes"/>.
/// </summary>
internal sealed class FunctionInliner(OnnxFile file)
{
    /// <summary>Shared weights and passing values on are no reason to refuse a model.</summary>
    private const long MaxRepetition = 4;

    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> _functions = [];
    private readonly Dictionary<FunctionProto, long> _sizes = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Stack<FunctionProto> _calls = new();
    private readonly List<NodeProto> _protos = [];
    private readonly List<int> _opsets = [];
    private readonly List<EdgeException> _problems = [];
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _broken = new(StringComparer.Ordinal);
    private int _madeNodes;
    private long _bytesLeft = Limits.MaxCalledBytes;

    /// <summary>Nodes without calls, in the order of the file.</summary>
    public IReadOnlyList<NodeProto> Protos => _protos;

    /// <summary>For each node the version of the default operator set that it is written for: a function names its own.</summary>
    public IReadOnlyList<int> Opsets => _opsets;

    public IReadOnlyList<EdgeException> Problems => _problems;

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Outputs of calls that cannot be inlined.</summary>
    public IReadOnlySet<string> Broken => _broken;

    /// <exception cref="EdgeException">The functions stand for more nodes than the limits allow.</exception>
    public void Inline()
    {
        foreach (FunctionProto function in file.Model.Functions)
        {
            _sizes[function] = WireSize.WithoutTensors(function);
            _bytesLeft += MaxRepetition * function.Node.Sum(WireSize.Of);
            if (!_functions.TryAdd(Key(function.Domain, function.Name, function.Overload), function))
            {
                _problems.Add(new EdgeException(EdgeError.OnnxInvalidGraph, $"the function '{function.Name}' is defined twice", "export the model again", file.Path));
            }
        }
        GraphProto graph = file.Model.Graph;
        if (_functions.Count > 0)
        {
            _bytesLeft += MaxRepetition * graph.Node.Sum(WireSize.Of);
            _taken.UnionWith(graph.Input.Select(i => i.Name).Concat(graph.Initializer.Select(i => i.Name)).Concat(graph.Node.SelectMany(n => n.Output)));
        }
        for (int i = 0; i < graph.Node.Count; i++)
        {
            Add(graph.Node[i], i, file.Opset, caller: null);
        }
    }

    private static (string Domain, string Name, string Overload) Key(string domain, string name, string overload) =>
        (OnnxFile.IsDefaultDomain(domain) ? "" : domain, name, overload);

    /// <param name="caller">The call that stands for the node; null for nodes of the file.</param>
    private void Add(NodeProto node, int index, int opset, string? caller)
    {
        FunctionProto? function = _functions.GetValueOrDefault(Key(node.Domain, node.OpType, node.Overload));
        if (caller is not null)
        {
            if (++_madeNodes > Limits.MaxCalledNodes)
            {
                throw TooLarge($"calls of functions stand for more than {Limits.MaxCalledNodes} nodes", caller);
            }
            Charge(function is null ? WireSize.Of(node) : WireSize.WithoutTensors(node), caller);
        }
        if (function is null)
        {
            _protos.Add(node);
            _opsets.Add(opset);
            return;
        }
        string place = $"{node.OpType} '{OnnxImporter.NameOf(node, index)}'";
        try
        {
            Expand(node, OnnxImporter.NameOf(node, index), function, place);
        }
        catch (EdgeException exception) when (exception.Error != EdgeError.TooLarge)
        {
            _broken.UnionWith(node.Output);
            _problems.Add(exception.At(place));
        }
    }

    private void Expand(NodeProto call, string name, FunctionProto function, string place)
    {
        if (_calls.Contains(function))
        {
            string path = string.Join(" -> ", _calls.Reverse().SkipWhile(f => f != function).Append(function).Select(f => f.Name));
            throw new EdgeException(EdgeError.OnnxInvalidGraph, $"the function calls itself: {path}", "export the model without recursion");
        }
        if (_calls.Count == Limits.MaxCallDepth)
        {
            throw TooLarge($"calls of functions are nested more than {Limits.MaxCallDepth} deep", place);
        }
        Charge(_sizes[function], place);
        var scope = new FunctionScope(function, call, name, _taken);
        _warnings.AddRange(scope.UnknownAttributes.Select(a => $"{place}: the function '{function.Name}' has no attribute {a}; it is not used"));
        int opset = OnnxFile.DefaultOpset(function.OpsetImport, file.Opset);
        _calls.Push(function);
        try
        {
            for (int i = 0; i < function.Node.Count; i++)
            {
                Add(scope.Import(function.Node[i], i), i, opset, place);
            }
        }
        finally
        {
            _calls.Pop();
        }
        scope.Copies.ForEach(copy => Add(copy, 0, opset, place));
    }

    private void Charge(long bytes, string place)
    {
        _bytesLeft -= bytes;
        if (_bytesLeft < 0)
        {
            throw TooLarge($"calls of functions repeat more than {MaxRepetition} times the nodes of the file and {Limits.MaxCalledBytes} bytes", place);
        }
    }

    private static EdgeException TooLarge(string problem, string place) =>
        new(EdgeError.TooLarge, problem, "the file is damaged, or inline its functions before: onnx.inliner.inline_local_functions(model)", place);
}
