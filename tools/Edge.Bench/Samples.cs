using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Google.Protobuf;

namespace Edge.Bench;

/// <summary>Real inputs that lie beside a model as serialized onnx.TensorProto.</summary>
public static class Samples
{
    /// <summary>The inputs in <c>../golden/FOLDER__MODEL/input_K.pb</c> for <c>FOLDER/MODEL.onnx</c>; null where there are none.</summary>
    public static IReadOnlyList<Tensor>? Find(string modelPath)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
        string golden = Path.Combine(Path.GetDirectoryName(folder)!, "golden", $"{Path.GetFileName(folder)}__{Path.GetFileNameWithoutExtension(modelPath)}");
        return Directory.Exists(golden) ? Read(golden, "input") : null;
    }

    /// <summary>The tensors NAME_0.pb, NAME_1.pb, ... of a folder.</summary>
    public static IReadOnlyList<Tensor> Read(string folder, string name)
    {
        var tensors = new List<Tensor>();
        for (string path = Path.Combine(folder, $"{name}_0.pb"); File.Exists(path); path = Path.Combine(folder, $"{name}_{tensors.Count}.pb"))
        {
            var proto = new TensorProto();
            proto.MergeFrom(File.ReadAllBytes(path));
            tensors.Add(new OnnxTensors(folder).Read(proto, path));
        }
        return tensors;
    }
}
