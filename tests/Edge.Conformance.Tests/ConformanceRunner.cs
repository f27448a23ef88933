using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Testing;

namespace Edge.Conformance.Tests;

/// <summary>What is done to a graph between import and run.</summary>
public enum Stage
{
    /// <summary>Only what has to be lowered.</summary>
    Raw,

    /// <summary>All passes.</summary>
    Passes,

    /// <summary>All passes, written to a file and read back.</summary>
    Reloaded,
}

/// <summary>Runs a conformance case in one of the stages.</summary>
internal static class ConformanceRunner
{
    /// <summary>What is wrong with the results, or null.</summary>
    public static string? Run(ConformanceCase test, Stage stage, SessionOptions options)
    {
        foreach ((Tensor?[] inputs, Dictionary<int, Tensor> expected) in test.DataSets())
        {
            Graph graph = Prepare(OnnxImporter.Import(test.ModelPath, test.Options(inputs)).Graph, stage);
            using var session = new InferenceSession(graph, options);
            Tensor[] fed = [.. inputs.Where((t, i) => t is not null && !test.Parameters.Contains(i)).Select(t => t!)];
            Tensor[] outputs = session.Run(fed);
            foreach ((int index, Tensor output) in expected)
            {
                if (Close.Difference(outputs[index], output) is { } wrong)
                {
                    return $"output {index}: {wrong}";
                }
            }
        }
        return null;
    }

    private static Graph Prepare(Graph graph, Stage stage)
    {
        (stage == Stage.Raw ? PassPipeline.Required : PassPipeline.Default).Run(graph);
        if (stage != Stage.Reloaded)
        {
            return graph;
        }
        string path = Path.Combine(Path.GetTempPath(), $"edge-conformance-{Guid.NewGuid():N}.edge");
        try
        {
            EdgeWriter.Write(new ModelFile { Graph = graph }, path);
            return EdgeModel.Open(path).Graph;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
