using System.Buffers.Binary;
using Edge.Convert.Onnx.Wire;
using Google.Protobuf;

namespace Edge.Testing.Onnx;

/// <summary>Builds small ONNX models, correct or not.</summary>
internal static class OnnxModels
{
    public const int F32 = 1;
    public const int S64 = 7;

    /// <summary>Input x f32[1,3,8,8], output y, the nodes between.</summary>
    public static ModelProto Model(params NodeProto[] nodes) => Model([Input("x", F32, 1, 3, 8, 8)], nodes);

    public static ModelProto Model(ValueInfoProto[] inputs, params NodeProto[] nodes)
    {
        var graph = new GraphProto { Name = "bad" };
        graph.Input.Add(inputs);
        graph.Node.Add(nodes);
        graph.Output.Add(new ValueInfoProto { Name = "y" });
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    /// <summary>The model with more initializers.</summary>
    public static ModelProto With(this ModelProto model, params TensorProto[] initializers)
    {
        model.Graph.Initializer.Add(initializers);
        return model;
    }

    /// <summary>The model after a change.</summary>
    public static ModelProto Changed(this ModelProto model, Action<ModelProto> change)
    {
        change(model);
        return model;
    }

    public static ValueInfoProto Input(string name, int type, params long[] dims)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(dims.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    /// <summary>A node named after its operator and output: <c>relu_y</c>.</summary>
    public static NodeProto Node(string op, string[] inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = $"{op.ToLowerInvariant()}_{output}" };
        node.Input.Add(inputs);
        node.Output.Add(output);
        node.Attribute.Add(attributes);
        return node;
    }

    /// <summary>The model with functions of its own, in the domain <c>local</c>.</summary>
    public static ModelProto With(this ModelProto model, params FunctionProto[] functions)
    {
        model.Functions.Add(functions);
        return model;
    }

    /// <summary>A function of the domain <c>local</c> with input a and output b.</summary>
    public static FunctionProto Function(string name, params NodeProto[] nodes) => Function(name, ["a"], ["b"], nodes);

    public static FunctionProto Function(string name, string[] inputs, string[] outputs, params NodeProto[] nodes)
    {
        var function = new FunctionProto { Name = name, Domain = "local", Input = { inputs }, Output = { outputs }, Node = { nodes } };
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return function;
    }

    /// <summary>A call of a function of the domain <c>local</c>.</summary>
    public static NodeProto Call(string function, string[] inputs, string output, params AttributeProto[] attributes)
    {
        NodeProto node = Node(function, inputs, output, attributes);
        node.Domain = "local";
        return node;
    }

    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    public static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    public static AttributeProto Tensor(string name, TensorProto value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Tensor, T = value };

    /// <summary>A float32 tensor of zeros.</summary>
    public static TensorProto Zeros(string name, params long[] dims) =>
        new() { Name = name, DataType = F32, Dims = { dims }, RawData = ByteString.CopyFrom(new byte[4 * dims.Aggregate(1L, (a, b) => a * b)]) };

    /// <summary>A vector of 64-bit integers.</summary>
    public static TensorProto Longs(string name, params long[] values)
    {
        var raw = new byte[8 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(8 * i), values[i]);
        }
        return new TensorProto { Name = name, DataType = S64, Dims = { values.Length }, RawData = ByteString.CopyFrom(raw) };
    }

    /// <summary>A tensor w f32[4] with data elsewhere.</summary>
    public static TensorProto External(params (string Key, string Value)[] entries)
    {
        var tensor = new TensorProto { Name = "w", DataType = F32, Dims = { 4 }, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.ExternalData.Add(entries.Select(e => new StringStringEntryProto { Key = e.Key, Value = e.Value }));
        return tensor;
    }

    /// <summary>Writes <c>model.onnx</c> into a folder.</summary>
    public static string Write(this ModelProto model, string folder) => Write(model.ToByteArray(), folder);

    public static string Write(byte[] bytes, string folder)
    {
        string path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
