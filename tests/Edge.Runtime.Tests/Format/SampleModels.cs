using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Format;

/// <summary>Small models for tests of the format.</summary>
internal static class SampleModels
{
    /// <summary>One Transpose of [2,3,4] and a constant that is an output: about 1 KB.</summary>
    public static ModelFile Small()
    {
        var graph = new Graph("small");
        Value input = graph.AddInput("input", new TensorInfo(DataType.F32, new Shape(2, 3, 4)));
        graph.AddOutput(graph.Add("turned", new Transpose { Permutation = [2, 0, 1] }, [input]));
        graph.AddOutput(graph.AddConstant("bias", Tensor.FromVector(1f, -0f, float.NaN, 4e-45f)));
        return new ModelFile { Graph = graph };
    }

    /// <summary>Convolution, pooling, an activation and a product: a network of a few KB that runs.</summary>
    public static ModelFile Network()
    {
        var graph = new Graph("network");
        Value input = graph.AddInput("input", new TensorInfo(DataType.F32, new Shape(1, 3, 8, 8)));
        Value filters = graph.AddConstant("filters", RandomTensor.F32(new Shape(4, 3, 3, 3), 1));
        Value weights = graph.AddConstant("weights", RandomTensor.F32(new Shape(4, 5), 2));
        var conv = new Conv { Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1], Activation = new Activation(ActivationKind.LeakyRelu, 0.1f) };
        Value features = graph.Add("conv", conv, [input, filters]);
        Value pooled = graph.Add("pool", new MaxPool { Kernel = [2, 2], Strides = [2, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [features]);
        Value shifted = graph.Add("elu", new Unary("Elu") { Alpha = 0.5f }, [pooled]);
        Value turned = graph.Add("turn", new Transpose { Permutation = [0, 2, 3, 1] }, [shifted]);
        graph.AddOutput(graph.Add("product", new MatMul(), [turned, weights]));
        Tensor image = RandomTensor.F32(new Shape(1, 3, 8, 8), 3);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        return new ModelFile { Graph = graph, Goldens = [new GoldenSample("random", [image], session.Run(image), 1e-4f)] };
    }

    /// <summary>A model that fills every field of the format.</summary>
    public static ModelFile Full()
    {
        var graph = new Graph("voll – ßİ漢");
        Value input = graph.AddInput("input", new TensorInfo(DataType.S8, new Shape(1, 2, 3), new QuantParams([0.125f], [-7])));
        Value weights = graph.AddConstant("weights", Tensor.From<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]));
        graph.AddOutput(graph.Add("turned", new Transpose { Permutation = [0, 2, 1] }, [input]));
        graph.AddOutput(graph.Add("turned weights", new Transpose { Permutation = [1, 0] }, [weights]));
        Value again = graph.AddConstant("again", Tensor.From<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]));
        again.Info = again.Info with { Quant = new QuantParams([0.5f, 0.25f, 1e-9f], [0, -3, 127], 1) };
        graph.AddOutput(again);
        graph.AddOutput(graph.AddConstant("empty", Tensor.Allocate(DataType.S64, new Shape(0, 4))));
        graph.AddOutput(graph.AddConstant("flag", Tensor.FromScalar(true)));
        Tensor image = Tensor.From<sbyte>(new Shape(1, 2, 3), [1, -2, 3, -4, 5, -128]);
        Tensor[] outputs =
        [
            Tensor.From<sbyte>(new Shape(1, 3, 2), [1, -4, -2, 5, 3, -128]),
            Tensor.From<float>(new Shape(3, 2), [1, 4, 2, 5, 3, 6]),
            Tensor.From<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]),
            Tensor.Allocate(DataType.S64, new Shape(0, 4)),
            Tensor.FromScalar(true),
        ];
        return new ModelFile
        {
            Graph = graph,
            Labels = ["cat", "dog", ""],
            Image = new ImagePreprocessing { Width = 3, Height = 2, Resize = ResizeMode.Letterbox, CropRatio = 0.875f, Interpolation = Interpolation.Bicubic, Channels = ChannelOrder.Bgr, ChannelsLast = true, Scale = 1 / 255f, Mean = [0.1f, 0.2f, 0.3f], Std = [1, 2, 4], PadValue = 114 },
            Signal = new SignalPreprocessing { Window = 360, Hop = 180, SampleRate = 360, HighPass = 0.5f, LowPass = 40, Notch = 50, Standardize = true },
            Goldens = [new GoldenSample("golden 1", [image], outputs, 1e-4f)],
            Statistics = [new ValueStatistics("input", -1.5f, 2.5f, 0.25f, 1, [1, 0, 1L << 40])],
            Provenance = new Provenance { Writer = "test 1", Source = "a.onnx", SourceSha256 = "00ff", Producer = "none" },
        };
    }
}
