using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>
/// Builds a <see cref="Graph"/> from the message of edge.proto. Every index is checked, every value has one origin and is
/// read after it, and shapes are inferred again and compared with the stored ones: kernels never see a shape that an
/// operator did not derive.
/// </summary>
internal sealed class GraphReader
{
    private readonly Wire.Graph _wire;
    private readonly SectionTable _sections;
    private readonly Graph _graph;
    private readonly TensorInfo[] _infos;

    // Null until the value's origin has been read.
    private readonly Value?[] _values;

    private GraphReader(Wire.Graph wire, SectionTable sections)
    {
        _wire = wire;
        _sections = sections;
        _graph = new Graph(Name(wire.Name, "the graph"));
        _infos = [.. wire.Values.Select(v => TensorInfos.Read(v.Info, $"value '{Name(v.Name, "a value")}'"))];
        _values = new Value?[_infos.Length];
    }

    /// <exception cref="EdgeException">The graph breaks a rule.</exception>
    public static Graph Read(Wire.Graph? wire, SectionTable sections)
    {
        Require(wire is not null, "the file holds no graph");
        Require(wire!.Nodes.Count <= Limits.MaxNodes, $"the graph has {wire.Nodes.Count} nodes, at most {Limits.MaxNodes} are supported");
        return new GraphReader(wire, sections).Read();
    }

    /// <summary>A name or label of legal length.</summary>
    public static string Name(string name, string what)
    {
        Require(name.Length <= Limits.MaxName, $"the name of {what} has {name.Length} characters, at most {Limits.MaxName} are allowed");
        return name;
    }

    private Graph Read()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            if (_wire.Values[i].Constant is { } blob)
            {
                string what = $"constant '{_wire.Values[i].Name}'";
                Require(_infos[i].IsKnown, $"{what} has no known type and shape");
                _values[i] = _graph.AddConstant(_wire.Values[i].Name, _sections.Wrap(blob, _infos[i], what));
            }
        }
        foreach (uint index in _wire.Inputs)
        {
            int i = Unused(index, "graph input");
            Require(_infos[i].IsKnown, $"input '{_wire.Values[i].Name}' has no known type and shape");
            _values[i] = _graph.AddInput(_wire.Values[i].Name, _infos[i]);
        }
        foreach (Wire.Node node in _wire.Nodes)
        {
            ReadNode(node);
        }
        foreach (uint index in _wire.Outputs)
        {
            _graph.AddOutput(Defined(index, "graph output"));
        }
        Require(_graph.Outputs.Count > 0, "the graph has no outputs");
        int orphan = Array.IndexOf(_values, null);
        Require(orphan < 0, $"value {orphan} is neither an input, nor a constant, nor computed");
        return _graph;
    }

    private void ReadNode(Wire.Node wire)
    {
        string place = $"{Name(wire.Kind, "an operator")} '{Name(wire.Name, "a node")}'";
        Require(wire.Inputs.Count + wire.Outputs.Count <= Limits.MaxNodeValues, $"{place} has {wire.Inputs.Count} inputs and {wire.Outputs.Count} outputs, at most {Limits.MaxNodeValues} are supported");
        Require(wire.Outputs.Count > 0, $"{place} has no outputs");
        Value?[] inputs = [.. wire.Inputs.Select(i => i == 0 ? null : Defined(i - 1, place))];
        Node node;
        try
        {
            node = _graph.AddNode(wire.Name, ReadOperator(wire), inputs, [.. wire.Outputs.Select(o => OutputName(o, place))]);
        }
        catch (EdgeException exception) when (exception.Error != EdgeError.FileInvalid)
        {
            throw Broken($"{place}: {exception.Problem}", exception);
        }
        catch (Exception exception) when (exception is not EdgeException)
        {
            // Operators check what models get wrong; whatever else a forged file makes them trip over ends here.
            throw Broken($"{place}: the attributes or inputs are not possible ({exception.Message})", exception);
        }
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            BindOutput(node.Outputs[i], Unused(wire.Outputs[i], place), place);
        }
    }

    private void BindOutput(Value output, int index, string place)
    {
        TensorInfo stored = _infos[index];
        Require(output.Info.Type == stored.Type && output.Info.Shape == stored.Shape, $"{place} computes {output.Info}, the file says {stored}");
        // Bounds of integers are not in the file: kernels rely on them, so they follow from the operators alone.
        QuantParams? quant = stored.Quant is { } given && output.Info.Quant is { } proven ? given with { Low = proven.Low, High = proven.High } : stored.Quant ?? output.Info.Quant;
        output.Info = stored with { Quant = quant };
        _values[index] = output;
    }

    private static Operator ReadOperator(Wire.Node wire)
    {
        OperatorEntry entry = OperatorCatalog.Find(wire.Kind) ?? throw new EdgeException(EdgeError.UnsupportedOperator, "the operator is unknown to this version");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Wire.Attribute attribute in wire.Attributes)
        {
            Require(names.Add(Name(attribute.Name, "an attribute")), $"the attribute {attribute.Name} is stored twice");
        }
        var reader = new AttributeReader([.. wire.Attributes.Select(WireAttributes.Read)]);
        Operator op = entry.Read(reader);
        reader.RequireAllRead();
        return op;
    }

    private string OutputName(uint index, string place) => _wire.Values[Unused(index, place)].Name;

    /// <summary>A value that has been defined before.</summary>
    private Value Defined(uint index, string place)
    {
        Require(index < (uint)_values.Length, $"{place} reads value {index}, the file has {_values.Length}");
        Require(_values[index] is not null, $"{place} reads value {index} '{_wire.Values[(int)index].Name}' before it is computed");
        return _values[index]!;
    }

    /// <summary>The index of a value that has no origin yet.</summary>
    private int Unused(uint index, string place)
    {
        Require(index < (uint)_values.Length, $"{place} defines value {index}, the file has {_values.Length}");
        Require(_values[index] is null, $"{place} defines value {index} '{_wire.Values[(int)index].Name}' a second time");
        return (int)index;
    }
}
