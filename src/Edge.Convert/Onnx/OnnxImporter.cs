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
    /// <summary>Since this version of the format a model has to name its operator sets.</summary>
    private const int FirstVersionWithOpsets = 3;

    private static readonly TensorProto NoTensor = new();

    private readonly OnnxFile _file;
    private readonly ImportOptions _options;
    private readonly OnnxTensors _tensors;
    private readonly ConstantEvaluator _evaluator = new();
    private readonly Graph _graph;
    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _broken = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);
    private readonly List<EdgeException> _problems = [];
    private readonly List<string> _warnings = [];
    private readonly FunctionInliner _nodes;

    private OnnxImporter(OnnxFile file, ImportOptions options)
    {
        _file = file;
        _options = options;
        _tensors = new OnnxTensors(file.Folder);
        _nodes = new FunctionInliner(file);
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
        _nodes.Inline();
        _problems.AddRange(_nodes.Problems);
        _warnings.AddRange(_nodes.Warnings);
        _broken.UnionWith(_nodes.Broken);
        var order = NodeOrder.Of(_nodes.Protos, _values.Keys.Concat(_broken));
        _problems.AddRange(order.Problems);
        _broken.UnionWith(order.Undefined);
        foreach (int index in order.Indexes)
        {
            Attempt(() => ImportNode(_nodes.Protos[index], index));
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
        int newest = _file.Model.Functions.Select(f => OnnxFile.DefaultOpset(f.OpsetImport, 1)).Append(_file.Opset).Max();
        if (newest > OnnxFile.NewestOpset)
        {
            _warnings.Add($"the model uses operator set {newest}, Edge knows sets up to {OnnxFile.NewestOpset}; operators that changed since may be misread");
        }
        if (_file.Model.OpsetImport.Count == 0 && _file.Model.IrVersion >= FirstVersionWithOpsets)
        {
            throw new EdgeException(EdgeError.OnnxVersion, "the model names no operator set", "the file may be cut off: copy or export it again", _file.Path);
        }
        if (_file.Model.Graph.Node.Count > Limits.MaxNodes)
        {
            throw new EdgeException(EdgeError.TooLarge, $"the graph has {_file.Model.Graph.Node.Count} nodes, at most {Limits.MaxNodes} are supported", place: _file.Path);
        }
    }

    private void ReadInitializers()
    {
        Google.Protobuf.Collections.RepeatedField<TensorProto> initializers = _file.Model.Graph.Initializer;
        for (int i = 0; i < initializers.Count; i++)
        {
            TensorProto initializer = initializers[i];
            // The stored form of a weight goes before the next one is copied: a model is never twice in memory.
            initializers[i] = NoTensor;
            Attempt(() => ReadInitializer(initializer));
        }
        if (_file.Model.Graph.SparseInitializer.Count > 0)
        {
            _broken.UnionWith(_file.Model.Graph.SparseInitializer.Select(s => s.Values?.Name ?? ""));
            _problems.Add(new EdgeException(EdgeError.UnsupportedUse, "the model has sparse initializers", "export the weights as dense tensors", _file.Path));
        }
    }

    private void ReadInitializer(TensorProto initializer)
    {
        _broken.Add(initializer.Name);
        Value value = _graph.AddConstant(initializer.Name, _tensors.Read(initializer, $"initializer '{initializer.Name}'"));
        _broken.Remove(initializer.Name);
        Define(initializer.Name, value);
        _stored.Add(initializer.Name);
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
        string place = $"input '{input.Name}'";
        if (_stored.Contains(input.Name))
        {
            // The declaration of an initializer (IR version 3).
            if (_options.InputShapes.ContainsKey(input.Name) || _options.Constants.ContainsKey(input.Name))
            {
                throw new EdgeException(EdgeError.BadOption, "the model stores a value for this input", "leave out --input-shape and --constant for it", place);
            }
            return;
        }
        if (_broken.Contains(input.Name))
        {
            return;
        }
        _broken.Add(input.Name);
        if (input.Type?.TensorType is not { } type)
        {
            throw new EdgeException(EdgeError.UnsupportedType, "the input is not a tensor", "sequences, maps and optionals are not supported", place);
        }
        DataType element = OnnxTensors.ToDataType(type.ElemType, place);
        Value value = _options.Constants.TryGetValue(input.Name, out Tensor? constant)
            ? _graph.AddConstant(input.Name, CheckGiven(constant, element, type.Shape, input.Name, place))
            : _graph.AddInput(input.Name, InputInfo(element, type.Shape, input.Name, place));
        _broken.Remove(input.Name);
        Define(input.Name, value);
    }

    private Tensor CheckGiven(Tensor constant, DataType element, TensorShapeProto? declared, string name, string place)
    {
        if (constant.Type != element)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"--constant gives {constant.Type.Name()}, the model declares {element.Name()}", "convert the file to that type", place);
        }
        if (_options.InputShapes.TryGetValue(name, out Shape shape) && shape != constant.Shape)
        {
            throw new EdgeException(EdgeError.BadOption, $"--constant gives {constant.Shape}, --input-shape gives {shape}", "leave one of them out", place);
        }
        CheckGiven("--constant", constant.Shape, declared, place);
        return constant;
    }

    private TensorInfo InputInfo(DataType element, TensorShapeProto? declared, string name, string place)
    {
        Shape shape = _options.InputShapes.TryGetValue(name, out Shape given) ? CheckGiven("--input-shape", given, declared, place) : DeclaredShape(declared, name, place);
        var info = new TensorInfo(element, shape);
        try
        {
            Limits.Require(info);
            return info;
        }
        catch (OverflowException exception)
        {
            throw new EdgeException(EdgeError.TooLarge, $"the shape {shape} has more elements than 64 bits can count", $"give a smaller one with --input-shape {name}=...", place, exception);
        }
        catch (EdgeException exception)
        {
            throw exception.At(place);
        }
    }

    private static Shape CheckGiven(string option, Shape given, TensorShapeProto? declared, string place)
    {
        if (declared is null)
        {
            return given;
        }
        bool fits = declared.Dim.Count == given.Rank && declared.Dim.Select((d, i) => !d.HasDimValue || d.DimValue <= 0 || d.DimValue == given[i]).All(ok => ok);
        return fits ? given : throw new EdgeException(
            EdgeError.ShapeMismatch, $"{option} gives {given}, the model declares [{Describe(declared)}]", "give a shape that agrees with the fixed dimensions", place);
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

    /// <summary>The node's own name, or one made from its first output or its place in the file.</summary>
    internal static string NameOf(NodeProto node, int index) =>
        node.Name is { Length: > 0 } name ? name : node.Output.FirstOrDefault(o => o.Length > 0) ?? $"#{index}";

    private void ImportNode(NodeProto proto, int index)
    {
        // Whatever reads the outputs of a node that failed is silent: one mistake is reported once.
        if (proto.Input.Any(_broken.Contains))
        {
            _broken.UnionWith(proto.Output);
            return;
        }
        var node = new OnnxNode(proto, _nodes.Opsets[index], NameOf(proto, index), _tensors);
        try
        {
            Bind(node, Translate(node, proto));
        }
        catch (EdgeException exception)
        {
            _broken.UnionWith(proto.Output);
            throw exception.At(node.Place);
        }
        catch (Exception exception) when (exception is ArithmeticException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or KeyNotFoundException)
        {
            // Importers check what exporters get wrong; whatever else a forged node makes them trip over ends here.
            _broken.UnionWith(proto.Output);
            throw new EdgeException(EdgeError.OnnxInvalidGraph, $"the inputs or attributes of the node are not possible ({exception.Message})", "export the model again", node.Place, exception);
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
