using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Bench;

/// <summary>Models on the command line: where they are, and what becomes of them.</summary>
internal static class ModelFiles
{
    /// <summary>The ONNX files that a path stands for: the file itself, or all in a folder and below, by name.</summary>
    /// <exception cref="EdgeException">There is no such file or folder, or no model in the folder.</exception>
    public static IReadOnlyList<string> Expand(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }
        string[] found = Directory.Exists(path) ? [.. Directory.GetFiles(path, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        return found.Length > 0 ? found : throw new EdgeException(EdgeError.BadInputFile, "there is no model here", "give an .onnx file, or a folder of them", path);
    }

    /// <summary>The graph as edge-convert would write it: imported and through all passes. An .edge file is read as it is.</summary>
    /// <param name="shapes">Shapes by input name; names that the model lacks are left out.</param>
    public static Graph Load(string path, IReadOnlyDictionary<string, Shape> shapes)
    {
        if (path.EndsWith(".edge", StringComparison.Ordinal))
        {
            return EdgeModel.Open(path).Graph;
        }
        string[] names = ModelComparison.InputNames(path);
        Dictionary<string, Shape> given = shapes.Where(p => names.Contains(p.Key)).ToDictionary();
        Graph graph = OnnxImporter.Import(path, new ImportOptions { InputShapes = given }).Graph;
        PassPipeline.Default.Run(graph);
        return graph;
    }

    /// <summary>Made-up inputs for <paramref name="graph"/>, the same on every machine.</summary>
    public static IReadOnlyList<Tensor> RandomInputsOf(Graph graph) => [.. graph.Inputs.Select((v, i) => RandomInputs.Create(v.Info, (ulong)i + 1))];

    /// <summary>The model's name in tables.</summary>
    public static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);

    /// <summary>
    /// Gives back the memory of models that are no longer used. Weights live outside the managed heap and are freed by
    /// finalizers: without this, a second model would be measured while the first still fills memory.
    /// </summary>
    public static void ReleaseUnused()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }
}
