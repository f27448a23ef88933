using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>
/// A small 1-D convolutional network for single heart beats: four strided convolutions and two fully connected layers on two
/// seconds around an R peak, long enough to show the beat before, so that a premature beat can be seen as such. Five classes of
/// EC57: N, S, V, F, Q. About 60,000 weights.
/// </summary>
public static class BeatNetwork
{
    /// <summary>Letters of the classes, in order of the outputs.</summary>
    public static readonly string[] Labels = ["N", "S", "V", "F", "Q"];

    /// <summary>Windows of 250 samples at 125 Hz, 1.2 s of them before the R peak, 0.5 to 40 Hz, each with mean 0 and deviation 1.</summary>
    public static readonly SignalPreprocessing Signal = new()
    {
        Window = 250,
        Hop = 250,
        SampleRate = 125,
        HighPass = 0.5f,
        LowPass = 40,
        Standardize = true,
        BeforeBeat = 150,
    };

    /// <summary>The untrained model.</summary>
    /// <param name="seed">Of the weights.</param>
    public static ModelFile Create(ulong seed)
    {
        var graph = new Graph("beats");
        Value x = graph.AddInput("window", new TensorInfo(DataType.F32, new Shape(1, 1, Signal.Window)));
        (int Channels, int Kernel)[] convolutions = [(16, 9), (24, 7), (32, 5), (32, 5)];
        for (int i = 0; i < convolutions.Length; i++)
        {
            (int channels, int kernel) = convolutions[i];
            Value w = Weights(graph, $"conv{i + 1}.weight", new Shape(channels, x.Info.KnownShape[1], kernel));
            x = graph.Add(
                $"conv{i + 1}",
                new Conv { Strides = [2], Pads = [kernel / 2, kernel / 2], Dilations = [1], Activation = new Activation(ActivationKind.Relu) },
                [x, w, Weights(graph, $"conv{i + 1}.bias", new Shape(channels))]);
        }
        x = graph.Add("flatten", new Flatten(), [x]);
        x = Dense(graph, "fc1", x, 64, new Activation(ActivationKind.Relu));
        x = Dense(graph, "fc2", x, Labels.Length, default);
        graph.AddOutput(graph.Add("probabilities", new Softmax { Axis = 1 }, [x]));
        Value[] weights = [.. TrainableLayer.Find(graph).SelectMany(l => l.Weights)];
        Graph started = GraphCopy.WithConstants(graph, WeightInitializer.Create(graph, weights, seed));
        return new ModelFile { Graph = started, Labels = Labels, Signal = Signal, Provenance = new Provenance { Writer = "edge", Source = "BeatNetwork" } };
    }

    private static Value Dense(Graph graph, string name, Value x, int size, Activation activation) => graph.Add(
        name,
        new Gemm { TransB = true, Activation = activation },
        [x, Weights(graph, $"{name}.weight", new Shape(size, x.Info.KnownShape[1])), Weights(graph, $"{name}.bias", new Shape(size))]);

    private static Value Weights(Graph graph, string name, Shape shape) => graph.AddConstant(name, Tensor.Allocate(DataType.F32, shape));
}
