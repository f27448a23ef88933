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
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> _functions = [];
    private readonly Dictionary<FunctionProto, int> _sizes = new(ReferenceEqualityComparer.Instance);
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
            _sizes[function] = function.CalculateSize();
            _bytesLeft += 2L * _sizes[function];
            if (!_functions.TryAdd(Key(function.Domain, function.Name, function.Overload), function))
            {
                _problems.Add(new EdgeException(EdgeError.OnnxInvalidGraph, $"the function '{function.Name}' is defined twice", "export the model again", file.Path));
            }
        }
        GraphProto graph = file.Model.Graph;
        if (_functions.Count > 0)
        {
            _taken.UnionWith(graph.Input.Select(i => i.Name).Concat(graph.Initializer.Select(i => i.Name)).Concat(graph.Node.SelectMany(n => n.Output)));
        }
        for (int i = 0; i < graph.Node.Count; i++)
        {
            Add(graph.Node[i], i, file.Opset);
        }
    }

    private static (string Domain, string Name, string Overload) Key(string domain, string name, string overload) =>
        (OnnxFile.IsDefaultDomain(domain) ? "" : domain, name, overload);

    private void Add(NodeProto node, int index, int opset)
    {
        if (_functions.GetValueOrDefault(Key(node.Domain, node.OpType, node.Overload)) is not { } function)
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
                Add(Count(scope.Import(function.Node[i], i), place), i, opset);
            }
        }
        finally
        {
            _calls.Pop();
        }
        scope.Copies.ForEach(copy => Add(Count(copy, place), 0, opset));
    }

    private NodeProto Count(NodeProto made, string place)
    {
        if (++_madeNodes > Limits.MaxCalledNodes)
        {
            throw TooLarge($"calls of functions stand for more than {Limits.MaxCalledNodes} nodes", place);
        }
        Charge(made.CalculateSize(), place);
        return made;
    }

    private void Charge(int bytes, string place)
    {
        _bytesLeft -= bytes;
        if (_bytesLeft < 0)
        {
            throw TooLarge($"calls of functions repeat more than {Limits.MaxCalledBytes} bytes", place);
        }
    }

    private static EdgeException TooLarge(string problem, string place) =>
        new(EdgeError.TooLarge, problem, "the file is damaged, or inline its functions before: onnx.inliner.inline_local_functions(model)", place);
}
