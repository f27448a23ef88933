using System.Diagnostics;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Bench.Soak;

/// <summary>A classifier that takes at least a wanted time on this machine: as many equal convolutions as that needs, one after the other.</summary>
internal static class SlowModel
{
    private const int Side = 160;
    private const int Channels = 32;
    private const int Probe = 8;
    private const int Runs = 15;

    /// <summary>Writes the model.</summary>
    /// <param name="milliseconds">Least time of an inference on one thread.</param>
    /// <returns>Its convolutions.</returns>
    public static int Write(string path, double milliseconds)
    {
        double few = Measure(Probe);
        double many = Measure(2 * Probe);
        double each = Math.Max(1e-3, (many - few) / Probe);
        int layers = Math.Max(1, (int)Math.Ceiling(Probe + ((milliseconds - few) / each)));
        var image = new ImagePreprocessing { Width = Side, Height = Side, Std = [255, 255, 255] };
        EdgeWriter.Write(new ModelFile { Graph = Create(layers), Image = image }, path);
        return layers;
    }

    /// <summary>Milliseconds when nothing else disturbs: other times are longer.</summary>
    private static double Measure(int layers)
    {
        Graph graph = Create(layers);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        double least = double.MaxValue;
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            session.Execute();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return least;
    }

    private static Graph Create(int layers)
    {
        var graph = new Graph("slow");
        Value value = graph.AddInput("image", new TensorInfo(DataType.F32, new Shape(1, 3, Side, Side)));
        for (int i = 0; i < layers; i++)
        {
            int inputs = i == 0 ? 3 : Channels;
            float spread = MathF.Sqrt(6f / (inputs * 9)); // values keep their scale from layer to layer (He et al. 2015)
            float[] weights = [.. RandomInputs.Create(new TensorInfo(DataType.F32, new Shape(Channels, inputs, 3, 3)), (ulong)i).ToArray<float>().Select(w => w * spread)];
            Value conv = graph.Add($"conv{i}", new Conv { Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1] }, [value, graph.AddConstant($"conv{i}/w", Tensor.From<float>(new Shape(Channels, inputs, 3, 3), weights))]);
            value = graph.Add($"relu{i}", new Unary("Relu"), [conv]);
        }
        Value mean = graph.Add("mean", new GlobalAveragePool(), [value]);
        graph.AddOutput(graph.Add("scores", new Reshape { Dims = [1, Channels] }, [mean]));
        return graph;
    }
}
