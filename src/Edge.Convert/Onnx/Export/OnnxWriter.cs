using System.Reflection;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Google.Protobuf;
using Type = Edge.Convert.Onnx.Wire.AttributeProto.Types.AttributeType;

namespace Edge.Convert.Onnx.Export;

/// <summary>Collects inputs, nodes, constants and outputs of an ONNX model. Names of values are given, and made unique where they are new.</summary>
internal sealed class OnnxWriter
{
    /// <summary>Operator set of what is written: the first that has Gelu and in which every operator below takes its arguments as inputs.</summary>
    public const int Opset = 20;

    private const int IrVersion = 9;

    /// <summary>The first operator set, and the version of the format, whose QuantizeLinear makes integers of 16 bits.</summary>
    private const int WordsOpset = 21;
    private const int WordsIrVersion = 10;

    private readonly ModelProto _model;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<Value, string> _constants = [];

    /// <param name="taken">Names that no new value may get.</param>
    public OnnxWriter(string name, IEnumerable<string> taken)
    {
        string version = typeof(OnnxWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
        _model = new ModelProto { IrVersion = IrVersion, ProducerName = "edge-convert", ProducerVersion = version, Graph = new GraphProto { Name = name } };
        _model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        _names.UnionWith(taken);
    }

    public ModelProto Model => _model;

    /// <summary>Declares the operator set that has quantization to 16 bits; the operators that are written mean the same in it.</summary>
    public void UseWords()
    {
        _model.IrVersion = WordsIrVersion;
        _model.OpsetImport[0].Version = WordsOpset;
    }

    /// <summary>A name that nothing has yet.</summary>
    public string Fresh(string name)
    {
        string unique = name;
        for (int i = 1; !_names.Add(unique); i++)
        {
            unique = FormattableString.Invariant($"{name} {i}");
        }
        return unique;
    }

    public void AddInput(string name, TensorInfo info) => _model.Graph.Input.Add(Describe(name, info));

    public void AddOutput(string name, TensorInfo info) => _model.Graph.Output.Add(Describe(name, info));

    /// <summary>The name of a constant of the graph; it is stored the first time.</summary>
    public string Constant(Value value)
    {
        if (!_constants.TryGetValue(value, out string? name))
        {
            name = Constant(value.Name, value.Constant!);
            _constants[value] = name;
        }
        return name;
    }

    /// <summary>Stores a constant under a new name.</summary>
    public string Constant(string name, Tensor tensor)
    {
        string unique = Fresh(name);
        _model.Graph.Initializer.Add(new TensorProto
        {
            Name = unique,
            DataType = TypeNumber(tensor.Type),
            Dims = { tensor.Shape.ToArray().Select(d => (long)d) },
            RawData = ByteString.CopyFrom(tensor.ByteSpan()),
        });
        return unique;
    }

    /// <summary>A vector of 64-bit integers: what shapes and axes are given as.</summary>
    public string Longs(string name, IEnumerable<int> values) => Constant(name, Tensor.FromVector<long>([.. values.Select(v => (long)v)]));

    public string Float(string name, float value) => Constant(name, Tensor.FromScalar(value));

    public NodeProto Add(string op, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op, Name = name, Input = { inputs }, Output = { outputs } };
        foreach (AttributeProto attribute in attributes)
        {
            node.Attribute.Add(attribute);
        }
        _model.Graph.Node.Add(node);
        return node;
    }

    /// <summary>Adds a node with one output of a new name, and returns that.</summary>
    public string Add(string op, string output, IEnumerable<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = Fresh(output);
        Add(op, name, inputs, [name], attributes);
        return name;
    }

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = Type.Int, I = value };

    public static AttributeProto Attribute(string name, bool value) => Attribute(name, value ? 1 : 0);

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = Type.Float, F = value };

    public static AttributeProto Attribute(string name, string value) => new() { Name = name, Type = Type.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Attribute(string name, IEnumerable<int> values) => new() { Name = name, Type = Type.Ints, Ints = { values.Select(v => (long)v) } };

    /// <summary>The number of an element type in ONNX.</summary>
    public static int TypeNumber(DataType type) => type switch
    {
        DataType.F32 => 1,
        DataType.U8 => 2,
        DataType.S8 => 3,
        DataType.U16 => 4,
        DataType.S16 => 5,
        DataType.S32 => 6,
        DataType.S64 => 7,
        DataType.Bool => 9,
        DataType.F16 => 10,
        DataType.F64 => 11,
        DataType.U32 => 12,
        DataType.U64 => 13,
        _ => throw new EdgeException(EdgeError.UnsupportedType, $"{type.Name()} has no ONNX type"),
    };

    private static ValueInfoProto Describe(string name, TensorInfo info)
    {
        var shape = new TensorShapeProto();
        if (info.Shape is { } known)
        {
            shape.Dim.Add(known.ToArray().Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        }
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = TypeNumber(info.Type), Shape = info.Shape is null ? null : shape } } };
    }
}
