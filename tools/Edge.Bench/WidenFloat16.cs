using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Google.Protobuf;

namespace Edge.Bench;

/// <summary>
/// A float16 model rewritten in float32. ONNX Runtime rounds to float16 after each node, which hides what is compared; the
/// widened model is the same function without these roundings.
/// </summary>
internal static class WidenFloat16
{
    private const int Float = 1;
    private const int Float16 = 10;

    /// <summary>Writes the widened model to a new file; null where the model has no float16 input.</summary>
    public static string? Write(string path)
    {
        OnnxFile file = OnnxFile.Open(path);
        GraphProto graph = file.Model.Graph;
        if (graph.Input.All(i => i.Type?.TensorType?.ElemType != Float16))
        {
            return null;
        }
        foreach (TypeProto.Types.Tensor type in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo).Select(v => v.Type?.TensorType).OfType<TypeProto.Types.Tensor>())
        {
            type.ElemType = type.ElemType == Float16 ? Float : type.ElemType;
        }
        var tensors = new OnnxTensors(file.Folder);
        foreach (TensorProto tensor in graph.Initializer.Concat(graph.Node.SelectMany(n => n.Attribute).Select(a => a.T).OfType<TensorProto>()))
        {
            Widen(tensor, tensors);
        }
        foreach (AttributeProto target in graph.Node.Where(n => n.OpType == "Cast").SelectMany(n => n.Attribute).Where(a => a.Name == "to" && a.I == Float16))
        {
            target.I = Float;
        }
        string widened = Path.Combine(Path.GetTempPath(), $"edge-widened-{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(widened, file.Model.ToByteArray());
        return widened;
    }

    /// <summary>Float16 values as float32; other types as they are.</summary>
    public static Tensor Widen(Tensor tensor) => tensor.Type == DataType.F16
        ? Tensor.From<float>(tensor.Shape, [.. tensor.Span<Half>().ToArray().Select(h => (float)h)])
        : tensor;

    /// <summary>Float32 values rounded to float16.</summary>
    public static Tensor Narrow(Tensor tensor) => Tensor.From<Half>(tensor.Shape, [.. tensor.Span<float>().ToArray().Select(f => (Half)f)]);

    private static void Widen(TensorProto proto, OnnxTensors tensors)
    {
        if (proto.DataType != Float16)
        {
            return;
        }
        Tensor wide = Widen(tensors.Read(proto, proto.Name));
        proto.DataType = Float;
        proto.Int32Data.Clear();
        proto.RawData = ByteString.CopyFrom(wide.ByteSpan());
    }
}
