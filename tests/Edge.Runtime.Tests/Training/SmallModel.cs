using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Runtime.Tests.Training;

/// <summary>A network of two layers on points of the plane, and samples for it: classes are sectors around the origin.</summary>
internal static class SmallModel
{
    public static ModelFile Create(int classes = 3, int hidden = 16)
    {
        var graph = new Graph("small");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 2)));
        Value first = graph.Add(
            "hidden", new Gemm { TransB = true, Activation = new Activation(ActivationKind.Relu) }, [x, Weights(graph, "w1", [hidden, 2], 1), Weights(graph, "b1", [hidden], 2)]);
        Value second = graph.Add("head", new Gemm { TransB = true }, [first, Weights(graph, "w2", [classes, hidden], 3), Weights(graph, "b2", [classes], 4)]);
        graph.AddOutput(graph.Add("probabilities", new Softmax { Axis = 1 }, [second]));
        return new ModelFile { Graph = graph, Labels = [.. Enumerable.Range(0, classes).Select(i => $"class {i}")] };
    }

    /// <param name="noise">Share of the labels that are random.</param>
    public static MemorySamples Samples(int count, int classes = 3, int seed = 5, double noise = 0)
    {
        var random = new Random(seed);
        var values = new float[2 * count];
        var labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            double angle = random.NextDouble() * 2 * Math.PI;
            double radius = 0.5 + random.NextDouble();
            values[2 * i] = (float)(radius * Math.Cos(angle));
            values[(2 * i) + 1] = (float)(radius * Math.Sin(angle));
            labels[i] = random.NextDouble() < noise ? random.Next(classes) : (int)(angle / (2 * Math.PI) * classes);
        }
        return new MemorySamples(Tensor.From<float>(new Shape(count, 2), values), labels);
    }

    private static Value Weights(Graph graph, string name, int[] dims, int seed)
    {
        var shape = new Shape(dims);
        return graph.AddConstant(name, Tensor.From<float>(shape, NetworkRecorder.Uniform((int)shape.Count, (ulong)seed)));
    }
}
