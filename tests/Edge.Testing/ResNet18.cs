using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Testing;

/// <summary>
/// The architecture of ResNet-18 (He et al., "Deep Residual Learning for Image Recognition", 2015, table 1) as edge-convert leaves it:
/// normalizations folded, additions and activations inside of the convolutions. Weights are made up.
/// </summary>
public static class ResNet18
{
    private static readonly Activation Relu = new(ActivationKind.Relu);

    /// <param name="width">Channels of the first stage: 64 in the paper.</param>
    /// <param name="size">Height and width of the image, (1, 3, size, size); at least 32.</param>
    public static Graph Create(int width, int size)
    {
        var graph = new Graph($"resnet18 of width {width}");
        Value x = graph.AddInput("image", new TensorInfo(DataType.F32, new Shape(1, 3, size, size)));
        x = Conv(graph, "stem", x, 3, width, 7, 2, null, true);
        x = graph.Add("pool", new MaxPool { Kernel = [3, 3], Strides = [2, 2], Pads = [1, 1, 1, 1], Dilations = [1, 1] }, [x]);
        int channels = width;
        for (int stage = 0; stage < 4; stage++)
        {
            for (int block = 0; block < 2; block++)
            {
                int wide = width << stage;
                int stride = stage > 0 && block == 0 ? 2 : 1;
                string name = $"stage{stage}.{block}";
                Value shortcut = stride == 1 ? x : Conv(graph, $"{name}.shortcut", x, channels, wide, 1, stride, null, false);
                Value inner = Conv(graph, $"{name}.conv1", x, channels, wide, 3, stride, null, true);
                x = Conv(graph, $"{name}.conv2", inner, wide, wide, 3, 1, shortcut, true);
                channels = wide;
            }
        }
        x = graph.Add("mean", new GlobalAveragePool(), [x]);
        x = graph.Add("flat", new Flatten { Axis = 1 }, [x]);
        Value weights = graph.AddConstant("fc.w", RandomTensor.F32(new Shape(1000, channels), 1, -0.1f, 0.1f));
        graph.AddOutput(graph.Add("fc", new Gemm { TransB = true, Alpha = 1, Beta = 1 }, [x, weights, graph.AddConstant("fc.b", RandomTensor.F32(new Shape(1000), 2))]));
        return graph;
    }

    private static Value Conv(Graph graph, string name, Value x, int channels, int outputs, int kernel, int stride, Value? residual, bool isActive)
    {
        var op = new Conv
        {
            Strides = [stride, stride],
            Pads = [kernel / 2, kernel / 2, kernel / 2, kernel / 2],
            Dilations = [1, 1],
            Group = 1,
            Activation = isActive ? Relu : default,
        };
        // The variance of He's initialization: values neither grow nor vanish on their way.
        float range = MathF.Sqrt(6f / (channels * kernel * kernel));
        int seed = name.Sum(c => c);
        Value weights = graph.AddConstant($"{name}.w", RandomTensor.F32(new Shape(outputs, channels, kernel, kernel), seed, -range, range));
        Value bias = graph.AddConstant($"{name}.b", RandomTensor.F32(new Shape(outputs), seed + 1));
        return graph.Add(name, op, residual is null ? [x, weights, bias] : [x, weights, bias, residual]);
    }
}
