using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Bench.Processes;

/// <summary>A model as files for programs: the ONNX file, what edge-convert makes of it, and an input. Removed by Dispose.</summary>
internal sealed class PreparedModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-bench-");

    public PreparedModel(string onnxPath, IReadOnlyDictionary<string, Shape> shapes)
    {
        OnnxPath = onnxPath;
        EdgePath = Path.Combine(_folder.FullName, $"{ModelFiles.NameOf(onnxPath)}.edge");
        Graph graph = ModelFiles.Load(onnxPath, shapes);
        EdgeWriter.Write(new ModelFile { Graph = graph }, EdgePath);
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(graph);
        InputPaths = [.. inputs.Select((_, i) => Path.Combine(_folder.FullName, $"input_{i}.npy"))];
        for (int i = 0; i < inputs.Count; i++)
        {
            NpyFile.Write(InputPaths[i], inputs[i]);
        }
    }

    public string OnnxPath { get; }

    public string EdgePath { get; }

    /// <summary>One .npy file per input.</summary>
    public string[] InputPaths { get; }

    public void Dispose() => _folder.Delete(recursive: true);
}
