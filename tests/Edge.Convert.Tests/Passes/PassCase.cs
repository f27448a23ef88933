using Edge.Convert.Passes;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Testing;

namespace Edge.Convert.Tests.Passes;

/// <summary>Runs passes on a graph and compares what it computes before and after.</summary>
internal static class PassCase
{
    /// <summary>
    /// Runs <paramref name="passes"/>, repeated until nothing changes, on a graph made by <paramref name="build"/>; validates
    /// it, and requires equal outputs (names, types, shapes, values) on random input.
    /// </summary>
    /// <returns>The graph after the passes.</returns>
    public static Graph Run(Action<Graph> build, params IPass[] passes) => Run(build, out _, passes);

    /// <inheritdoc cref="Run(Action{Graph}, IPass[])"/>
    public static Graph Run(Action<Graph> build, out PassLog log, params IPass[] passes)
    {
        Graph before = Build(build);
        Graph after = Build(build);
        log = new PassPipeline([], passes).Run(after);
        RequireEqual(before, after);
        return after;
    }

    /// <summary>Requires that two graphs compute the same outputs on random input.</summary>
    public static void RequireEqual(Graph before, Graph after)
    {
        GraphValidator.Validate(after);
        Assert.Equal(before.Inputs.Select(v => v.ToString()), after.Inputs.Select(v => v.ToString()));
        Assert.Equal(before.Outputs.Select(v => v.Name), after.Outputs.Select(v => v.Name));
        Tensor[] inputs = [.. before.Inputs.Select((v, i) => Random(v.Info, 100 + i))];
        Tensor[] expected = Compute(before, inputs);
        Tensor[] actual = Compute(after, inputs);
        for (int i = 0; i < expected.Length; i++)
        {
            string? difference = Close.Difference(actual[i], expected[i]);
            Assert.True(difference is null, $"output {i}: {difference}\nbefore\n{GraphPrinter.Print(before)}\nafter\n{GraphPrinter.Print(after)}");
        }
    }

    /// <summary>The kinds of the nodes, in order: <c>Conv Unary</c>.</summary>
    public static string Kinds(this Graph graph) => string.Join(' ', graph.Nodes.Select(n => n.Operator.Kind));

    /// <summary>The only node.</summary>
    public static Node Single(this Graph graph) => Assert.Single(graph.Nodes);

    private static Graph Build(Action<Graph> build)
    {
        var graph = new Graph("test");
        build(graph);
        return graph;
    }

    private static Tensor[] Compute(Graph graph, Tensor[] inputs)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        return session.Run(inputs);
    }

    private static Tensor Random(TensorInfo info, int seed)
    {
        if (info.Type is DataType.F32)
        {
            return RandomTensor.F32(info.KnownShape, seed, -4, 4);
        }
        Tensor tensor = Tensor.Allocate(info);
        var random = new Random(seed);
        for (int i = 0; i < tensor.Count; i++)
        {
            double value = (random.NextDouble() * 8) - 4;
            switch (info.Type)
            {
                case DataType.F16: tensor.Span<Half>()[i] = (Half)value; break;
                case DataType.F64: tensor.Span<double>()[i] = value; break;
                case DataType.S64: tensor.Span<long>()[i] = random.Next(0, 3); break;
                case DataType.S32: tensor.Span<int>()[i] = random.Next(0, 3); break;
                default: tensor.ByteSpan()[i] = (byte)random.Next(0, 2); break;
            }
        }
        return tensor;
    }
}
