using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Google.Protobuf;
using AttributeType = Edge.Convert.Onnx.Wire.AttributeProto.Types.AttributeType;

namespace Edge.Convert.Tests.Onnx;

/// <summary>An ONNX model of one node, built for a test.</summary>
internal sealed class SingleNode(string opType, int opset, int outputs = 1)
{
    private readonly NodeProto _node = new() { OpType = opType };
    private readonly Dictionary<string, Tensor> _constants = [];
    private readonly List<(string Name, Tensor Value)> _inputs = [];

    /// <summary>An input that arrives at run time.</summary>
    public SingleNode Input(Tensor value)
    {
        _inputs.Add(($"x{_node.Input.Count}", value));
        _node.Input.Add(_inputs[^1].Name);
        return this;
    }

    /// <summary>An input that the model holds.</summary>
    public SingleNode Constant(Tensor value)
    {
        _constants[$"x{_node.Input.Count}"] = value;
        _node.Input.Add($"x{_node.Input.Count}");
        return this;
    }

    public SingleNode Attribute(string name, string value)
    {
        _node.Attribute.Add(new AttributeProto { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) });
        return this;
    }

    public SingleNode Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Ints };
        attribute.Ints.AddRange(values);
        _node.Attribute.Add(attribute);
        return this;
    }

    public Graph Import()
    {
        var model = new ModelProto { Graph = new GraphProto { Name = "test" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        for (int i = 0; i < outputs; i++)
        {
            _node.Output.Add($"y{i}");
            model.Graph.Output.Add(new ValueInfoProto { Name = $"y{i}" });
        }
        model.Graph.Node.Add(_node);
        var shapes = new Dictionary<string, Shape>();
        foreach ((string name, Tensor value) in _inputs.Concat(_constants.Select(c => (c.Key, c.Value))))
        {
            var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = OnnxType(value.Type) } };
            model.Graph.Input.Add(new ValueInfoProto { Name = name, Type = type });
        }
        foreach ((string name, Tensor value) in _inputs)
        {
            shapes[name] = value.Shape;
        }
        string path = Path.Combine(Path.GetTempPath(), $"edge-node-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(path, model.ToByteArray());
            return OnnxImporter.Import(path, new ImportOptions { InputShapes = shapes, Constants = _constants }).Graph;
        }
        finally
        {
            File.Delete(path);
        }
    }

    public Tensor[] Run()
    {
        using var session = new InferenceSession(Import(), new SessionOptions { Threads = 1 });
        return session.Run([.. _inputs.Select(i => i.Value)]);
    }

    private static int OnnxType(DataType type) => type switch
    {
        DataType.F32 => 1,
        DataType.S32 => 6,
        DataType.S64 => 7,
        DataType.Bool => 9,
        _ => throw new ArgumentException($"no test needs {type}", nameof(type)),
    };
}
