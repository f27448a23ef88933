using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Onnx;

/// <summary>The graph of an ONNX file and what the user should know about it.</summary>
/// <param name="Graph">Unoptimised: one operator or a few per ONNX node.</param>
/// <param name="Warnings">Facts that do not stop the conversion.</param>
public sealed record ImportResult(Graph Graph, IReadOnlyList<string> Warnings);

/// <summary>Reads an ONNX model into a <see cref="Graph"/>. Reports all problems of a model at once.</summary>
public sealed class OnnxImporter
{
    private readonly OnnxFile _file;
    private readonly ImportOptions _options;
    private readonly OnnxTensors _tensors;
    private readonly ConstantEvaluator _evaluator = new();
    private readonly Graph _graph;
    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _broken = new(StringComparer.Ordinal);
    private readonly List<EdgeException> _problems = [];
    private readonly List<string> _warnings = [];

    private OnnxImporter(OnnxFile file, ImportOptions options)
    {
        _file = file;
        _options = options;
        _tensors = new OnnxTensors(file.Folder);
        _graph = new Graph(string.IsNullOrEmpty(file.Model.Graph.Name) ? Path.GetFileNameWithoutExtension(file.Path) : file.Model.Graph.Name);
    }

    /// <exception cref="EdgeException">The file cannot be read.</exception>
    /// <exception cref="ConversionException">The model cannot be imported; holds every problem found.</exception>
    public static ImportResult Import(string path, ImportOptions options) => new OnnxImporter(OnnxFile.Open(path), options).Import();

    private ImportResult Import()
    {
        CheckVersions();
        ReadInitializers();
        DeclareInputs();
        foreach ((NodeProto node, int index) in Ordered().Select((n, i) => (n, i)))
        {
            Attempt(() => ImportNode(node, index));
        }
        Attempt(DeclareOutputs);
        return _problems.Count == 0 ? new ImportResult(_graph, _warnings) : throw new ConversionException(_file.Path, _problems);
    }

    private void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (EdgeException exception)
        {
            _problems.Add(exception);
        }
    }

    private void CheckVersions()
    {
        if (_file.Opset > OnnxFile.NewestOpset)
        {
            _warnings.Add($"the model uses operator set {_file.Opset}, Edge knows sets up to {OnnxFile.NewestOpset}; operators that changed since may be misread");
        }
        if (_file.Model.Graph.Node.Count > Limits.MaxNodes)
        {
            throw new EdgeException(EdgeError.TooLarge, $"the graph has {_file.Model.Graph.Node.Count} nodes, at most {Limits.MaxNodes} are supported", place: _file.Path);
        }
    }

    private void ReadInitializers()
    {
        foreach (TensorProto initializer in _file.Model.Graph.Initializer)
        {
            Attempt(() => Define(initializer.Name, _graph.AddConstant(initializer.Name, _tensors.Read(initializer, $"initializer '{initializer.Name}'"))));
        }
        if (_file.Model.Graph.SparseInitializer.Count > 0)
        {
            _problems.Add(new EdgeException(EdgeError.UnsupportedUse, "the model has sparse initializers", "export the weights as dense tensors", _file.Path));
        }
    }

    private void DeclareInputs()
    {
        var names = _file.Model.Graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string unknown in _options.InputShapes.Keys.Concat(_options.Constants.Keys).Where(n => !names.Contains(n)))
        {
            _problems.Add(new EdgeException(EdgeError.BadOption, $"the model has no input '{unknown}'", $"its inputs are {string.Join(", ", names)}", _file.Path));
        }
        foreach (ValueInfoProto input in _file.Model.Graph.Input)
        {
            Attempt(() => DeclareInput(input));
        }
    }

    private void DeclareInput(ValueInfoProto input)
    {
        if (_values.ContainsKey(input.Name) || _broken.Contains(input.Name))
        {
            return; // an initializer's declaration (IR version 3)
        }
        string place = $"input '{input.Name}'";
        if (_options.Constants.TryGetValue(input.Name, out Tensor? constant))
        {
            Define(input.Name, _graph.AddConstant(input.Name, constant));
            return;
        }
        _broken.Add(input.Name);
        if (input.Type?.TensorType is not { } type)
        {
            throw new EdgeException(EdgeError.UnsupportedType, "the input is not a tensor", "sequences, maps and optionals are not supported", place);
        }
        DataType element = OnnxTensors.ToDataType(type.ElemType, place);
        Shape shape = _options.InputShapes.TryGetValue(input.Name, out Shape given) ? CheckGiven(given, type.Shape, place) : DeclaredShape(type.Shape, input.Name, place);
        _broken.Remove(input.Name);
        Define(input.Name, _graph.AddInput(input.Name, new TensorInfo(element, shape)));
    }

    private static Shape CheckGiven(Shape given, TensorShapeProto? declared, string place)
    {
        if (declared is null)
        {
            return given;
        }
        bool fits = declared.Dim.Count == given.Rank && declared.Dim.Select((d, i) => !d.HasDimValue || d.DimValue <= 0 || d.DimValue == given[i]).All(ok => ok);
        return fits ? given : throw new EdgeException(
            EdgeError.ShapeMismatch, $"--input-shape gives {given}, the model declares [{Describe(declared)}]", "give a shape that agrees with the fixed dimensions", place);
    }

    /// <summary>The declared shape; an unknown first dimension is taken as a batch of 1.</summary>
    private Shape DeclaredShape(TensorShapeProto? declared, string name, string place)
    {
        string remedy = $"give it with --input-shape {name}=N,C,H,W";
        if (declared is null)
        {
            throw new EdgeException(EdgeError.UnknownInputShape, "the input has no declared shape", remedy, place);
        }
        var dims = new int[declared.Dim.Count];
        for (int i = 0; i < dims.Length; i++)
        {
            TensorShapeProto.Types.Dimension dim = declared.Dim[i];
            bool known = dim.HasDimValue && dim.DimValue != 0;
            if (known && dim.DimValue is < 0 or > int.MaxValue && i > 0)
            {
                throw new EdgeException(EdgeError.UnknownInputShape, $"dimension {i} is {dim.DimValue}", remedy, place);
            }
            if (!known && i > 0)
            {
                throw new EdgeException(EdgeError.UnknownInputShape, $"the shape [{Describe(declared)}] has unknown dimensions", remedy, place);
            }
            dims[i] = known && dim.DimValue is > 0 and <= int.MaxValue ? (int)dim.DimValue : 1;
        }
        if (dims.Length > 0 && !(declared.Dim[0].HasDimValue && declared.Dim[0].DimValue > 0))
        {
            _warnings.Add($"{place}: the first dimension of [{Describe(declared)}] is taken as a batch of 1; --input-shape {name}=... sets another");
        }
        return new Shape(dims);
    }

    private static string Describe(TensorShapeProto shape) =>
        string.Join(',', shape.Dim.Select(d => d.HasDimValue ? d.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture) : d.HasDimParam ? d.DimParam : "?"));

    /// <summary>The nodes in an order in which every value is computed before it is read.</summary>
    private IEnumerable<NodeProto> Ordered()
    {
        var available = new HashSet<string>(_values.Keys.Concat(_broken), StringComparer.Ordinal) { "" };
        var waiting = new List<NodeProto>(_file.Model.Graph.Node);
        while (waiting.Count > 0)
        {
            var rest = new List<NodeProto>();
            foreach (NodeProto node in waiting)
            {
                if (node.Input.All(available.Contains))
                {
                    available.UnionWith(node.Output);
                    yield return node;
                }
                else
                {
                    rest.Add(node);
                }
            }
            if (rest.Count == waiting.Count)
            {
                ReportUnreachable(rest, available);
                yield break;
            }
            waiting = rest;
        }
    }

    private void ReportUnreachable(List<NodeProto> nodes, HashSet<string> available)
    {
        var computed = nodes.SelectMany(n => n.Output).ToHashSet(StringComparer.Ordinal);
        NodeProto first = nodes[0];
        string missing = first.Input.First(i => !available.Contains(i));
        string problem = nodes.SelectMany(n => n.Input).FirstOrDefault(i => !available.Contains(i) && !computed.Contains(i)) is { } undefined
            ? $"the value '{undefined}' is read but never defined"
            : $"the node is part of a cycle through '{missing}'";
        foreach (string output in computed)
        {
            _broken.Add(output);
        }
        _problems.Add(new EdgeException(EdgeError.OnnxInvalidGraph, problem, "the file is damaged: export it again", $"{first.OpType} '{NameOf(first, 0)}'"));
    }

    private static string NameOf(NodeProto node, int index) =>
        node.Name is { Length: > 0 } name ? name : node.Output.FirstOrDefault(o => o.Length > 0) ?? $"#{index}";

    private void ImportNode(NodeProto proto, int index)
    {
        // Whatever reads the outputs of a node that failed is silent: one mistake is reported once.
        if (proto.Input.Any(_broken.Contains))
        {
            _broken.UnionWith(proto.Output);
            return;
        }
        var node = new OnnxNode(proto, _file.Opset, NameOf(proto, index), _tensors);
        try
        {
            Bind(node, Translate(node, proto));
        }
        catch (EdgeException exception)
        {
            _broken.UnionWith(proto.Output);
            throw exception.At(node.Place);
        }
    }

    private Value[] Translate(OnnxNode node, NodeProto proto)
    {
        ImporterEntry entry = ImporterCatalog.Find(proto.Domain, proto.OpType) ?? throw Unknown(node, proto);
        if (proto.Input.Count + proto.Output.Count > Limits.MaxNodeValues)
        {
            throw new EdgeException(EdgeError.TooLarge, $"the node has {proto.Input.Count} inputs and {proto.Output.Count} outputs, at most {Limits.MaxNodeValues} are supported");
        }
        Value?[] inputs = [.. proto.Input.Select(name => name.Length == 0 ? null : _values[name])];
        Value[] outputs = entry.Import(new ImportContext(_graph, node, inputs, _evaluator));
        foreach (string unread in node.UnreadAttributes())
        {
            _warnings.Add($"{node.Place}: the attribute {unread} is not used");
        }
        return outputs;
    }

    private static EdgeException Unknown(OnnxNode node, NodeProto proto)
    {
        string domain = proto.Domain is { Length: > 0 } d ? $" of domain '{d}'" : "";
        string similar = string.Join(", ", ImporterCatalog.Similar(node.OpType));
        return new EdgeException(
            EdgeError.UnsupportedOperator,
            $"the operator{domain} is not supported",
            "export the model without it, or replace it by operators listed in docs/operators.md" + (similar.Length > 0 ? $" (similar names: {similar})" : ""));
    }

    private void Bind(OnnxNode node, Value[] outputs)
    {
        for (int i = 0; i < node.OutputNames.Count; i++)
        {
            string name = node.OutputNames[i];
            if (name.Length == 0)
            {
                continue;
            }
            if (i >= outputs.Length)
            {
                throw new EdgeException(EdgeError.BadArity, $"output {i} '{name}' is asked for, the operator computes {outputs.Length}", "export the model for inference", node.Place);
            }
            if (outputs[i].Producer is not null)
            {
                outputs[i].Name = name;
            }
            Define(name, outputs[i]);
        }
    }

    private void Define(string name, Value value)
    {
        if (!_values.TryAdd(name, value))
        {
            throw new EdgeException(EdgeError.OnnxInvalidGraph, $"the value '{name}' is defined twice", "the file is damaged: export it again", _file.Path);
        }
    }

    private void DeclareOutputs()
    {
        if (_file.Model.Graph.Output.Count == 0)
        {
            throw new EdgeException(EdgeError.OnnxInvalidGraph, "the graph has no outputs", "export the model again", _file.Path);
        }
        foreach (ValueInfoProto output in _file.Model.Graph.Output.Where(o => !_broken.Contains(o.Name)))
        {
            _graph.AddOutput(_values.TryGetValue(output.Name, out Value? value)
                ? value
                : throw new EdgeException(EdgeError.OnnxInvalidGraph, $"the output '{output.Name}' is never computed", "the file is damaged: export it again", _file.Path));
        }
    }
}
