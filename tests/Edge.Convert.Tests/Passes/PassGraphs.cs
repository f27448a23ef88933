using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Convert.Tests.Passes;

/// <summary>Short ways to write the graphs of pass tests.</summary>
internal static class PassGraphs
{
    public static Value Input(this Graph graph, params int[] dims) => graph.Input("x", dims);

    public static Value Input(this Graph graph, string name, int[] dims, DataType type = DataType.F32) => graph.AddInput(name, new TensorInfo(type, new Shape(dims)));

    /// <summary>A constant of equal numbers.</summary>
    public static Value Const(this Graph graph, string name, float value, params int[] dims)
    {
        Tensor tensor = Tensor.Allocate(DataType.F32, new Shape(dims));
        tensor.Span<float>().Fill(value);
        return graph.AddConstant(name, tensor);
    }

    /// <summary>A constant of random numbers that depend on the name only.</summary>
    public static Value Weights(this Graph graph, string name, params int[] dims) =>
        graph.AddConstant(name, RandomTensor.F32(new Shape(dims), name.Sum(c => c) + dims.Length, 0.25f, 1.5f));

    /// <summary>A 2-D convolution; the weights are [<paramref name="channels"/>, C/group, kernel, kernel].</summary>
    public static Value Conv(this Graph graph, string name, Value x, int channels, int kernel = 3, int pad = 1, int group = 1, bool bias = true, int stride = 1)
    {
        Value w = graph.Weights($"{name}.w", channels, x.Info.KnownShape[1] / group, kernel, kernel);
        Value? b = bias ? graph.Weights($"{name}.b", channels) : null;
        return graph.Add(name, ConvOperator(pad, group, stride), b is null ? [x, w] : [x, w, b]);
    }

    public static Conv ConvOperator(int pad = 1, int group = 1, int stride = 1) =>
        new() { Strides = [stride, stride], Pads = [pad, pad, pad, pad], Dilations = [1, 1], Group = group };

    public static Value Unary(this Graph graph, string name, string function, Value x) => graph.Add(name, new Unary(function), [x]);

    public static Value Clip(this Graph graph, string name, Value x, float low, float high) => graph.Add(name, new Unary("Clip") { Alpha = low, Beta = high }, [x]);

    public static Value Binary(this Graph graph, string name, string function, Value a, Value b) => graph.Add(name, new Binary(function), [a, b]);

    public static Activation ActivationOf(Node node) => Assert.IsType<Conv>(node.Operator).Activation;
}
