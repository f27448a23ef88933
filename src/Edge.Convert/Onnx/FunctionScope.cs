using Edge.Convert.Onnx.Wire;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Onnx;

/// <summary>
/// One call of a function: gives the nodes of its body names of their own in the calling graph, and the call's attributes.
/// </summary>
internal sealed class FunctionScope
{
    private readonly FunctionProto _function;
    private readonly NodeProto _call;
    private readonly string _prefix;
    private readonly HashSet<string> _taken;
    private readonly Dictionary<string, AttributeProto> _attributes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal) { [""] = "" };

    /// <param name="prefix">Name of the call.</param>
    /// <param name="taken">Names of all values so far; names that the scope makes are added.</param>
    /// <exception cref="EdgeException">The call does not fit the function.</exception>
    public FunctionScope(FunctionProto function, NodeProto call, string prefix, HashSet<string> taken)
    {
        _function = function;
        _call = call;
        _prefix = prefix;
        _taken = taken;
        Require(call.Input.Count, function.Input.Count, "input");
        Require(call.Output.Count, function.Output.Count, "output");
        foreach (AttributeProto attribute in call.Attribute)
        {
            _attributes.TryAdd(attribute.Name, attribute);
        }
        if (function.Attribute.FirstOrDefault(name => !_attributes.ContainsKey(name)) is { } missing)
        {
            throw new EdgeException(EdgeError.MissingAttribute, $"the attribute {missing} is missing; the function '{function.Name}' requires it", "export the model again");
        }
        for (int i = 0; i < function.Input.Count; i++)
        {
            Define(function.Input[i], i < call.Input.Count ? call.Input[i] : "");
        }
        UnknownAttributes = [.. _attributes.Keys.Except(function.Attribute.Concat(function.AttributeProto.Select(a => a.Name)))];
        foreach (AttributeProto attribute in function.AttributeProto)
        {
            _attributes.TryAdd(attribute.Name, attribute);
        }
        ConnectOutputs();
    }

    /// <summary>Nodes that copy what a function returns without computing it: an input, or one value twice.</summary>
    public List<NodeProto> Copies { get; } = [];

    /// <summary>Attributes of the call that the function does not declare.</summary>
    public string[] UnknownAttributes { get; }

    /// <summary>A node of the body as a node of the calling graph.</summary>
    public NodeProto Import(NodeProto node, int index)
    {
        var copy = new NodeProto { OpType = node.OpType, Domain = node.Domain, Overload = node.Overload, Name = $"{_prefix}/{OnnxImporter.NameOf(node, index)}" };
        copy.Input.Add(node.Input.Select(Name));
        copy.Output.Add(node.Output.Select(Name));
        copy.Attribute.Add(node.Attribute.Select(Resolve).OfType<AttributeProto>());
        return copy;
    }

    private void Require(int given, int declared, string what)
    {
        if (given > declared)
        {
            throw new EdgeException(EdgeError.BadArity, $"{given} {what}s are given, the function '{_function.Name}' has {declared}", "export the model again");
        }
    }

    private void Define(string formal, string actual)
    {
        if (!_names.TryAdd(formal, actual))
        {
            throw new EdgeException(EdgeError.OnnxInvalidGraph, $"the function '{_function.Name}' declares '{formal}' twice", "export the model again");
        }
    }

    private void ConnectOutputs()
    {
        var computed = _function.Node.SelectMany(n => n.Output).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < _call.Output.Count; i++)
        {
            string formal = _function.Output[i];
            if (_call.Output[i].Length == 0)
            {
                continue;
            }
            if (computed.Contains(formal) && !_names.ContainsKey(formal))
            {
                _names[formal] = _call.Output[i];
                continue;
            }
            var copy = new NodeProto { OpType = "Identity", Name = $"{_prefix}/{formal}" };
            copy.Input.Add(Name(formal));
            copy.Output.Add(_call.Output[i]);
            Copies.Add(copy);
        }
    }

    /// <summary>The name of a value of the body in the calling graph.</summary>
    private string Name(string local)
    {
        if (_names.TryGetValue(local, out string? known))
        {
            return known;
        }
        string made = $"{_prefix}/{local}";
        if (!_taken.Add(made))
        {
            made = $"{made}#{_taken.Count}";
            while (!_taken.Add(made))
            {
                made += "'";
            }
        }
        return _names[local] = made;
    }

    /// <summary>The attribute itself, or what it refers to: an attribute of the call, else the function's default, else nothing.</summary>
    private AttributeProto? Resolve(AttributeProto attribute)
    {
        if (attribute.RefAttrName.Length == 0)
        {
            return attribute;
        }
        if (!_attributes.TryGetValue(attribute.RefAttrName, out AttributeProto? value))
        {
            return null;
        }
        if (attribute.HasType && value.HasType && attribute.Type != value.Type)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"{value.Name} has type {value.Type}, the function '{_function.Name}' expects {attribute.Type}", "export the model again, or correct the attribute");
        }
        return Renamed(value, attribute.Name);
    }

    /// <summary>Lists are copied, tensors and graphs shared: weights go through calls as attributes.</summary>
    private static AttributeProto Renamed(AttributeProto value, string name)
    {
        var copy = new AttributeProto { Name = name, T = value.T, G = value.G, Floats = { value.Floats }, Ints = { value.Ints }, Strings = { value.Strings }, Tensors = { value.Tensors } };
        if (value.HasType)
        {
            copy.Type = value.Type;
        }
        if (value.HasF)
        {
            copy.F = value.F;
        }
        if (value.HasI)
        {
            copy.I = value.I;
        }
        if (value.HasS)
        {
            copy.S = value.S;
        }
        return copy;
    }
}
