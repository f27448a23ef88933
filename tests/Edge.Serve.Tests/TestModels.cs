using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Serve.Tests;

/// <summary>Models made for tests: the scores are the four pixels of a gray image of 2 x 2, times a factor.</summary>
internal static class TestModels
{
    /// <summary>Writes a model.</summary>
    /// <param name="factor">NaN gives a model whose results are NaN.</param>
    /// <param name="golden">Whether it carries a golden sample; with <paramref name="wrongGolden"/> one that no machine computes.</param>
    public static string Write(string path, float factor = 1, bool golden = false, bool wrongGolden = false, int size = 2)
    {
        var graph = new Graph("pixels");
        Value image = graph.AddInput("image", new TensorInfo(DataType.F32, new Shape(1, 1, size, size)));
        Value scale = graph.AddConstant("factor", Tensor.FromVector(factor));
        graph.AddOutput(graph.Add("scores", new Binary("Mul"), [image, scale]));
        Tensor sample = Tensor.From<float>(new Shape(1, 1, size, size), [.. Enumerable.Range(0, size * size).Select(i => (float)i)]);
        Tensor expected = Tensor.From<float>(sample.Shape, [.. sample.ToArray<float>().Select(v => (v * factor) + (wrongGolden ? 1 : 0))]);
        EdgeWriter.Write(
            new ModelFile
            {
                Graph = graph,
                Labels = ["a", "b", "c", "d"],
                Image = new ImagePreprocessing { Width = size, Height = size, Channels = ChannelOrder.Gray, Mean = [0], Std = [1], Scale = 1 / 255f },
                Goldens = golden || wrongGolden ? [new GoldenSample("ramp", [sample], [expected], 1e-4f)] : [],
            },
            path);
        return path;
    }

    /// <summary>Writes a model of windows of 64 samples at 36 Hz that move by 8: two padded convolutions and their mean.</summary>
    public static string WriteWindows(string path)
    {
        var graph = new Graph("windows");
        Value window = graph.AddInput("window", new TensorInfo(DataType.F32, new Shape(1, 1, 64)));
        Value Conv(string name, Value input, int from, int kernel) => graph.Add(
            name,
            new Conv { Strides = [1], Pads = [kernel / 2, kernel / 2], Dilations = [1] },
            [input, graph.AddConstant($"{name}/w", Tensor.From<float>(new Shape(4, from, kernel), [.. Enumerable.Range(0, 4 * from * kernel).Select(i => MathF.Sin(7 * i))]))]);
        Value first = graph.Add("relu", new Unary("Relu"), [Conv("first", window, 1, 5)]);
        Value mean = graph.Add("mean", new GlobalAveragePool(), [Conv("second", first, 4, 3)]);
        graph.AddOutput(graph.Add("scores", new Reshape { Dims = [1, 4] }, [mean]));
        EdgeWriter.Write(new ModelFile { Graph = graph, Labels = ["a", "b", "c", "d"], Signal = new SignalPreprocessing { Window = 64, Hop = 8, SampleRate = 36 } }, path);
        return path;
    }

    /// <summary>Writes a model of windows of four samples around each beat, at 36 Hz: the scores are the samples.</summary>
    public static string WriteBeats(string path)
    {
        var graph = new Graph("beats");
        Value window = graph.AddInput("window", new TensorInfo(DataType.F32, new Shape(1, 4)));
        graph.AddOutput(graph.Add("scores", new Unary("Relu"), [window]));
        EdgeWriter.Write(new ModelFile { Graph = graph, Labels = ["A", "V", "N", "F"], Signal = new SignalPreprocessing { Window = 4, Hop = 4, SampleRate = 36, BeforeBeat = 1 } }, path);
        return path;
    }
}
