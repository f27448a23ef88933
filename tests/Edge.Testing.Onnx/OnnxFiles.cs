using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;

namespace Edge.Testing.Onnx;

/// <summary>Reads the pieces of ONNX test cases.</summary>
public static class OnnxFiles
{
    /// <summary>A serialized onnx.TensorProto, as the input_K.pb and output_K.pb of ONNX's backend tests.</summary>
    public static Tensor ReadTensor(string path)
    {
        var proto = new TensorProto();
        Google.Protobuf.MessageExtensions.MergeFrom(proto, File.ReadAllBytes(path));
        return new OnnxTensors(Path.GetDirectoryName(path)!).Read(proto, path);
    }

    /// <summary>Names of the inputs that have no initializer: the ones a caller feeds.</summary>
    public static string[] FedInputs(string modelPath)
    {
        GraphProto graph = OnnxFile.Open(modelPath).Model.Graph;
        var stored = graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return [.. graph.Input.Select(i => i.Name).Where(n => !stored.Contains(n))];
    }
}
