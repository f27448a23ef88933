using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Range = Edge.Runtime.Operators.Range;

namespace Edge.Runtime.Tests.Operators;

/// <summary>Operators whose shapes are a matter of the run: dimensions, ranges and pads that arrive as inputs.</summary>
public class MovementRunTests
{
    private static readonly float[] Six = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void ReshapeReadsItsDimensions() => Gives(new Reshape(), [3, 2], Six, Tensor.FromVector(3L, -1L));

    [Fact]
    public void SqueezeAndUnsqueezeReadTheirAxes()
    {
        Gives(new Unsqueeze(), [2, 1, 3], Six, Tensor.FromVector(1L));
        var graph = new Graph("late");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 2, 1)));
        Value axes = graph.AddInput("axes", new TensorInfo(DataType.S64, new Shape(1)));
        graph.AddOutput(graph.Add("squeeze", new Squeeze(), [input, axes]));
        Assert.Equal(new Shape(1, 2), Run(graph, Tensor.From<float>(new Shape(1, 2, 1), [1, 2]), Tensor.FromVector(-1L)).Shape);
    }

    [Fact]
    public void SliceReadsItsRange()
    {
        Gives(new Slice(), [1, 3], [4, 5, 6], Tensor.FromVector(1L), Tensor.FromVector(long.MaxValue));
        Gives(new Slice(), [2, 2], [3, 1, 6, 4], Tensor.FromVector(-1L), Tensor.FromVector(long.MinValue), Tensor.FromVector(1L), Tensor.FromVector(-2L));
        Gives(new Slice { Starts = [0], Ends = [1] }, [2, 1], [1, 4], null, null, Tensor.FromVector(1));
    }

    [Fact]
    public void ExpandAndTileReadTheirDimensions()
    {
        Gives(new Expand(), [2, 2, 3], [.. Six, .. Six], Tensor.FromVector(2L, 1L, 1L));
        Gives(new Tile(), [2, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6], Tensor.FromVector(1L, 2L));
    }

    [Fact]
    public void PadReadsPadsValueAndAxes()
    {
        Gives(new Pad(), [2, 4], [9, 1, 2, 3, 9, 4, 5, 6], Tensor.FromVector(0L, 1L, 0L, 0L), Tensor.FromScalar(9f));
        Gives(new Pad { Mode = PadMode.Edge }, [2, 4], [1, 2, 3, 3, 4, 5, 6, 6], Tensor.FromVector(0L, 1L), null, Tensor.FromVector(-1L));
        Gives(new Pad { Pads = [0, 1, 0, 0] }, [2, 4], [7, 1, 2, 3, 7, 4, 5, 6], null, Tensor.FromScalar(7f));
    }

    [Fact]
    public void SplitReadsItsSizes()
    {
        var graph = new Graph("late");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(6)));
        Value sizes = graph.AddInput("sizes", new TensorInfo(DataType.S64, new Shape(2)));
        foreach (Value part in graph.AddNode("split", new Split(), [input, sizes], ["a", "b"]).Outputs)
        {
            graph.AddOutput(part);
        }
        using var session = new InferenceSession(graph);
        Tensor[] parts = session.Run(Tensor.FromVector<float>(Six), Tensor.FromVector(2L, 4L));
        Assert.Equal([1f, 2], parts[0].ToArray<float>());
        Assert.Equal([3f, 4, 5, 6], parts[1].ToArray<float>());
    }

    [Fact]
    public void SelectedElementsFlowOn()
    {
        // The indices of the elements above zero, transposed, gathered again: shapes are unknown all the way.
        var graph = new Graph("late");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)));
        Value places = graph.Add("where", new NonZero(), [input]);
        Value tuples = graph.Add("tuples", new Transpose { Permutation = [1, 0] }, [places]);
        graph.AddOutput(graph.Add("picked", new GatherNd(), [input, tuples]));
        graph.AddOutput(graph.Add("shape", new ShapeOf(), [tuples]));
        graph.AddOutput(graph.Add("size", new SizeOf(), [tuples]));
        using var session = new InferenceSession(graph);
        Tensor[] outputs = session.Run(Tensor.From<float>(new Shape(2, 3), [0, 5, 0, 7, 0, 0]));
        Assert.Equal([5f, 7], outputs[0].ToArray<float>());
        Assert.Equal([2L, 2], outputs[1].ToArray<long>());
        Assert.Equal([4L], outputs[2].ToArray<long>());
        Assert.Equal(0, session.Run(Tensor.Allocate(DataType.F32, new Shape(2, 3)))[0].Count);
    }

    [Fact]
    public void RangeCountsAtRunTime()
    {
        Assert.Equal([2f, 1.5f, 1], RunRange(2f, 0.6f, -0.5f).ToArray<float>());
        Assert.Equal(0, RunRange(2L, 5L, -1L).Count);
        Assert.Equal([long.MaxValue - 1], RunRange(long.MaxValue - 1, long.MaxValue, long.MaxValue).ToArray<long>());
        Assert.Equal(EdgeError.TooLarge, Assert.Throws<EdgeException>(() => RunRange(0, 5, 0)).Error);
        Assert.Equal(EdgeError.TooLarge, Assert.Throws<EdgeException>(() => RunRange(long.MinValue, long.MaxValue, 1L)).Error);
        Assert.Equal(EdgeError.TooLarge, Assert.Throws<EdgeException>(() => RunRange(0f, float.PositiveInfinity, 1f)).Error);
    }

    [Fact]
    public void ScattersRunInPlaceAndOutOfPlace()
    {
        var graph = new Graph("scatter");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(3)));
        Value moved = graph.Add("moved", new Transpose { Permutation = [0] }, [input]);
        Value indices = graph.AddConstant("i", Tensor.FromVector(2L, 0L));
        Value updates = graph.AddConstant("u", Tensor.FromVector(10f, 20f));
        graph.AddOutput(graph.Add("a", new ScatterElements { Reduction = ScatterReduction.Add }, [moved, indices, updates]));
        graph.AddOutput(graph.Add("b", new ScatterElements(), [input, indices, updates]));
        using var session = new InferenceSession(graph);
        Tensor[] outputs = session.Run(Tensor.FromVector(1f, 2f, 3f));
        Assert.Equal([21f, 2, 13], outputs[0].ToArray<float>());
        Assert.Equal([20f, 2, 10], outputs[1].ToArray<float>());
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(long.MaxValue, 2)]
    [InlineData(-5, 2)]
    [InlineData(1L << 20, 1L << 20)]
    public void WildDimensionsOfARunAreRefused(long rows, long columns)
    {
        var thrown = Assert.Throws<EdgeException>(() => Gives(new Expand(), [], [], Tensor.FromVector(rows, columns, 2L, 3L)));
        Assert.Contains("Expand 'op'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IndicesOutsideNameTheNode()
    {
        var graph = new Graph("gather");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(3)));
        Value index = graph.AddInput("i", new TensorInfo(DataType.S64, Shape.Scalar));
        graph.AddOutput(graph.Add("pick", new Gather(), [input, index]));
        var thrown = Assert.Throws<EdgeException>(() => Run(graph, Tensor.FromVector(1f, 2f, 3f), Tensor.FromScalar(3L)));
        Assert.Equal(EdgeError.BadValue, thrown.Error);
        Assert.Contains("Gather 'pick'", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs an operator on [[1,2,3],[4,5,6]] and further inputs that arrive at run time.</summary>
    private static void Gives(Operator op, int[] dims, float[] expected, params Tensor?[] others)
    {
        var graph = new Graph("late");
        var operands = new List<Value?> { graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3))) };
        operands.AddRange(others.Select((t, i) => t is null ? null : graph.AddInput($"input{i}", t.Info)));
        graph.AddOutput(graph.Add("op", op, operands));
        Tensor output = Run(graph, [Tensor.From<float>(new Shape(2, 3), Six), .. others.OfType<Tensor>()]);
        Assert.Equal(new Shape(dims), output.Shape);
        Assert.Equal(expected, output.ToArray<float>());
    }

    private static Tensor RunRange<T>(T start, T limit, T delta) where T : unmanaged
    {
        var graph = new Graph("range");
        Tensor[] inputs = [Tensor.FromScalar(start), Tensor.FromScalar(limit), Tensor.FromScalar(delta)];
        Value[] values = [.. inputs.Select((t, i) => graph.AddInput($"input{i}", t.Info))];
        graph.AddOutput(graph.Add("range", new Range(), values));
        return Run(graph, inputs);
    }

    private static Tensor Run(Graph graph, params Tensor[] inputs)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        return session.Run(inputs)[0];
    }
}
