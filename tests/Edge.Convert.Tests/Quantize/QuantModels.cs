using Edge.Convert.Tests.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

/// <summary>Small float32 models of the usual shapes, with random weights of both signs, and samples for them.</summary>
internal static class QuantModels
{
    public static readonly string[] Names = ["residual", "mobile", "inception", "signal", "preactivation", "dense"];

    public static Graph Build(string name) => name switch
    {
        "residual" => Residual(),
        "mobile" => Mobile(),
        "inception" => Inception(),
        "signal" => Signal(),
        "preactivation" => Preactivation(),
        _ => Dense(),
    };

    public static IReadOnlyList<Tensor[]> Samples(Graph graph, int count = 12, int seed = 5) =>
        [.. Enumerable.Range(0, count).Select(i => new[] { Normal(graph.Inputs[0].Info.KnownShape, seed + i, 1) })];

    /// <summary>Values that are distributed about normally.</summary>
    public static Tensor Normal(Shape shape, int seed, double deviation)
    {
        var random = new Random(seed);
        Tensor tensor = Tensor.Allocate(DataType.F32, shape);
        foreach (ref float value in tensor.Span<float>())
        {
            value = (float)((Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6) * deviation);
        }
        return tensor;
    }

    private static Graph Residual()
    {
        var graph = new Graph("residual");
        Value x = Convolve(graph, "stem", graph.Input(1, 3, 17, 15), 12, 3, 1, relu: true);
        Value a = Convolve(graph, "a", x, 12, 3, 1, relu: true);
        Value b = Convolve(graph, "b", a, 12, 3, 1);
        x = graph.Unary("sum relu", "Relu", graph.Binary("sum", "Add", b, x));
        Value c = Convolve(graph, "c", x, 20, 3, 1, relu: true, stride: 2);
        Value d = Convolve(graph, "d", c, 20, 3, 1);
        Value shortcut = Convolve(graph, "shortcut", x, 20, 1, 0, stride: 2);
        x = graph.Unary("sum2 relu", "Relu", graph.Binary("sum2", "Add", d, shortcut));
        return Head(graph, x, 10);
    }

    private static Graph Mobile()
    {
        var graph = new Graph("mobile");
        Value x = graph.Clip("stem clip", Convolve(graph, "stem", graph.Input(1, 3, 20, 20), 16, 3, 1, stride: 2), 0, 6);
        foreach (int i in Enumerable.Range(0, 2))
        {
            Value wide = graph.Clip($"wide{i} clip", Convolve(graph, $"wide{i}", x, 36, 1, 0), 0, 6);
            Value deep = graph.Clip($"deep{i} clip", Convolve(graph, $"deep{i}", wide, 36, 3, 1, group: 36), 0, 6);
            x = graph.Binary($"add{i}", "Add", x, Convolve(graph, $"narrow{i}", deep, 16, 1, 0));
        }
        return Head(graph, x, 7);
    }

    private static Graph Inception()
    {
        var graph = new Graph("inception");
        Value x = Convolve(graph, "stem", graph.Input(1, 3, 16, 16), 8, 3, 1, relu: true);
        Value pooled = graph.Add("pool", Pool([3, 3], [1, 1], [1, 1, 1, 1]), [x]);
        Value a = Convolve(graph, "a", x, 6, 1, 0, relu: true);
        Value b = graph.Unary("b sigmoid", "Sigmoid", Convolve(graph, "b", x, 9, 5, 2));
        Value c = graph.Unary("c swish", "HardSwish", Convolve(graph, "c", pooled, 5, 1, 0));
        Value joined = graph.Add("join", new Concat { Axis = 1 }, [a, b, c]);
        Value small = graph.Add(
            "average", new AveragePool { Kernel = [2, 2], Strides = [2, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [Convolve(graph, "after", joined, 18, 3, 1, relu: true)]);
        return Head(graph, small, 5);
    }

    private static Graph Signal()
    {
        var graph = new Graph("signal");
        Value x = graph.Input(1, 1, 128);
        for (int i = 0; i < 3; i++)
        {
            int channels = 8 << i;
            Value w = graph.AddConstant($"w{i}", Normal(new Shape(channels, x.Info.KnownShape[1], 7), i, 0.3));
            Value b = graph.AddConstant($"b{i}", Normal(new Shape(channels), 10 + i, 0.1));
            var conv = new Conv { Strides = [1], Pads = [3, 3], Dilations = [1] };
            x = graph.Unary($"relu{i}", "Relu", graph.Add($"conv{i}", conv, [x, w, b]));
            x = graph.Add($"pool{i}", Pool([2], [2], [0, 0]), [x]);
        }
        return Head(graph, x, 5);
    }

    /// <summary>Normalizations stand before convolutions and behind a sum, where nothing takes them in.</summary>
    private static Graph Preactivation()
    {
        var graph = new Graph("preactivation");
        Value x = Convolve(graph, "stem", graph.Input(1, 3, 14, 13), 12, 3, 1);
        foreach (int i in Enumerable.Range(0, 2))
        {
            Value normal = Normalize(graph, $"norm{i}", x);
            x = graph.Binary($"add{i}", "Add", x, Convolve(graph, $"conv{i}", graph.Unary($"relu{i}", "Relu", normal), 12, 3, 1));
        }
        return Head(graph, graph.Unary("last relu", "Relu", Normalize(graph, "last", x)), 6);
    }

    private static Value Normalize(Graph graph, string name, Value x)
    {
        var channels = new Shape(x.Info.KnownShape[1]);
        Tensor variance = Normal(channels, 4, 1);
        foreach (ref float value in variance.Span<float>())
        {
            value = 0.1f + (value * value);
        }
        Value[] parameters = [.. new[] { Normal(channels, 1, 0.7), Normal(channels, 2, 0.5), Normal(channels, 3, 0.5), variance }.Select((t, i) => graph.AddConstant($"{name}.{i}", t))];
        return graph.Add(name, new BatchNorm(), [x, .. parameters]);
    }

    private static Graph Dense()
    {
        var graph = new Graph("dense");
        Value x = graph.Input(1, 40);
        foreach (int i in Enumerable.Range(0, 3))
        {
            int width = i == 2 ? 6 : 33;
            Value w = graph.AddConstant($"w{i}", Normal(new Shape(width, x.Info.KnownShape[1]), i, 0.2));
            Value b = graph.AddConstant($"b{i}", Normal(new Shape(width), 10 + i, 0.1));
            x = graph.Add($"fc{i}", new Gemm { TransB = true }, [x, w, b]);
            x = i == 2 ? x : graph.Unary($"relu{i}", "Relu", x);
        }
        graph.AddOutput(x);
        return graph;
    }

    private static MaxPool Pool(int[] kernel, int[] strides, int[] pads) =>
        new() { Kernel = kernel, Strides = strides, Pads = pads, Dilations = [.. kernel.Select(_ => 1)] };

    private static Graph Head(Graph graph, Value x, int classes)
    {
        Value mean = graph.Add("mean", new GlobalAveragePool(), [x]);
        Value flat = graph.Add("flat", new Flatten { Axis = 1 }, [mean]);
        Value w = graph.AddConstant("head.w", Normal(new Shape(classes, flat.Info.KnownShape[1]), 77, 0.6));
        Value b = graph.AddConstant("head.b", Normal(new Shape(classes), 78, 0.2));
        Value scores = graph.Add("scores", new Gemm { TransB = true }, [flat, w, b]);
        graph.AddOutput(graph.Add("y", new Softmax { Axis = 1 }, [scores]));
        return graph;
    }

    private static Value Convolve(Graph graph, string name, Value x, int channels, int kernel, int pad, bool relu = false, int group = 1, int stride = 1)
    {
        int fan = x.Info.KnownShape[1] / group * kernel * kernel;
        Value w = graph.AddConstant($"{name}.w", Normal(new Shape(channels, x.Info.KnownShape[1] / group, kernel, kernel), name.Sum(c => c), Math.Sqrt(2.0 / fan)));
        Value b = graph.AddConstant($"{name}.b", Normal(new Shape(channels), name.Sum(c => c) + 1, 0.2));
        Value y = graph.Add(name, PassGraphs.ConvOperator(pad, group, stride), [x, w, b]);
        return relu ? graph.Unary($"{name} relu", "Relu", y) : y;
    }
}
