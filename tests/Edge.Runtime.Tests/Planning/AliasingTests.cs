using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Planning;

/// <summary>
/// Views, results computed in place and reused memory never change a result. The oracle is the same graph with every value
/// as an output: nothing may be overwritten there.
/// </summary>
public class AliasingTests
{
    private static readonly Shape Square = new(4, 4);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 150)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomGraphsComputeTheSameWithSharedMemory(int seed)
    {
        (Graph shared, _) = RandomGraph(seed);
        (Graph apart, int outputs) = RandomGraph(seed, keepAll: true);
        Tensor[] inputs = [RandomTensor.F32(Square, seed), RandomTensor.F32(Square, seed + 1)];

        using var session = new InferenceSession(shared, new SessionOptions { Threads = 1 });
        using var oracle = new InferenceSession(apart, new SessionOptions { Threads = 1 });
        // Twice: what a run leaves behind must not reach the next one.
        session.Run(inputs);
        Tensor[] actual = session.Run(inputs);
        Tensor[] expected = oracle.Run(inputs)[..outputs];

        Assert.All(actual.Zip(expected), pair => Assert.Equal(pair.Second.ByteSpan().ToArray(), pair.First.ByteSpan().ToArray()));
        Assert.InRange(session.Plan.ArenaBytes, session.Plan.LiveBytes, oracle.Plan.ArenaBytes);
    }

    [Fact]
    public void ChainRunsInPlace()
    {
        var graph = new Graph("chain");
        Value value = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1000)));
        for (int i = 0; i < 5; i++)
        {
            value = graph.Add($"neg{i}", new Unary("Neg"), [value]);
        }
        graph.AddOutput(value);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Assert.Equal(AlignedBuffer.Align(4000), session.Plan.ArenaBytes);
        var output = new float[1000];
        session.Run([.. Enumerable.Repeat(2f, 1000)], output);
        Assert.All(output, v => Assert.Equal(-2f, v));
    }

    [Fact]
    public void ViewTakesNoStepAndNoMemory()
    {
        var graph = new Graph("view");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, Square));
        graph.AddOutput(graph.Add("flat", new ViewOperator([16]), [x]));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Assert.Empty(session.Plan.Steps);
        Assert.Equal(64, session.Plan.ArenaBytes);
        Assert.Equal(new Shape(16), session.Run(RandomTensor.F32(Square, 1))[0].Shape);
    }

    [Fact]
    public void ValueReadAfterItsViewIsChangedInPlaceSurvives()
    {
        var graph = new Graph("view");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, Square));
        Value y = graph.Add("y", new Unary("Neg"), [x]);
        Value flat = graph.Add("flat", new ViewOperator([16]), [y]);
        Value negated = graph.Add("negated", new Unary("Neg"), [flat]);
        graph.AddOutput(graph.Add("sum", new Binary("Add"), [y, graph.Add("square", new ViewOperator([4, 4]), [negated])]));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Assert.All(session.Run(RandomTensor.F32(Square, 1))[0].ToArray<float>(), v => Assert.Equal(0f, v));
    }

    /// <returns>The graph, and how many of its outputs it has without <paramref name="keepAll"/>.</returns>
    private static (Graph Graph, int Outputs) RandomGraph(int seed, bool keepAll = false)
    {
        var random = new Random(seed);
        var graph = new Graph("random");
        List<Value> values =
        [
            graph.AddInput("a", new TensorInfo(DataType.F32, Square)),
            graph.AddInput("b", new TensorInfo(DataType.F32, Square)),
            graph.AddConstant("c", RandomTensor.F32(Square, seed)),
        ];
        var joined = new List<Value>();
        for (int i = 0; i < 25; i++)
        {
            Value x = values[^random.Next(1, Math.Min(6, values.Count + 1))];
            Value y = values[random.Next(values.Count)];
            values.Add(random.Next(7) switch
            {
                5 or 6 => Joined(graph, random, joined, $"n{i}", x, y),
                0 => graph.Add($"n{i}", new Unary("Neg"), [x]),
                1 => graph.Add($"n{i}", new Transpose { Permutation = [1, 0] }, [x]),
                2 => graph.Add($"n{i}", new ViewOperator([4, 4]), [x]),
                _ => graph.Add($"n{i}", new Binary("Add"), [x, y]),
            });
        }
        graph.AddOutput(values[^1]);
        graph.AddOutput(values[random.Next(values.Count)]);
        int outputs = graph.Outputs.Count;
        values.ForEach(v => Keep(graph, v, keepAll));
        joined.ForEach(v => Keep(graph, v, keepAll));
        return (graph, outputs);
    }

    /// <summary>Four rows of what is joined, perhaps to something that was joined before, and perhaps computed on in place.</summary>
    private static Value Joined(Graph graph, Random random, List<Value> joined, string name, Value x, Value y)
    {
        Value first = joined.Count > 0 && random.Next(2) == 0 ? joined[^1] : x;
        Value whole = graph.Add($"{name}/joined", new Concat { Axis = 0 }, random.Next(2) == 0 ? [first, y] : [y, first]);
        joined.Add(whole);
        Value changed = random.Next(2) == 0 ? graph.Add($"{name}/changed", new Unary("Neg"), [whole]) : whole;
        int start = random.Next(whole.Info.KnownShape[0] - 3);
        return graph.Add(name, new Slice { Starts = [start], Ends = [start + 4], Axes = [0] }, [changed]);
    }

    private static void Keep(Graph graph, Value value, bool keepAll)
    {
        if (keepAll)
        {
            graph.AddOutput(value);
        }
    }
}
