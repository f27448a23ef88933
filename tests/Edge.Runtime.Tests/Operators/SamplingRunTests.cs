using Edge.Kernels.Recurrent;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Tests.Operators;

/// <summary>Resize, non-maximum suppression and recurrent layers as nodes of a graph: shape rules and values that arrive at run time.</summary>
public class SamplingRunTests
{
    private static readonly Tensor Image = Tensor.From<float>(new Shape(1, 1, 2, 3), [1, 2, 3, 4, 5, 6]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ResizeTakesScalesAndSizes(bool late)
    {
        var nearest = new Resize { Rule = new ResizeRule { Coordinates = CoordinateMode.Asymmetric, Nearest = NearestMode.Floor } };
        Tensor byScale = RunResize(nearest, late, null, Tensor.FromVector(1f, 1f, 2f, 1.5f), null);
        Assert.Equal(new Shape(1, 1, 4, 4), byScale.Shape);
        Assert.Equal([1f, 1, 2, 3, 1, 1, 2, 3, 4, 4, 5, 6, 4, 4, 5, 6], byScale.Span<float>().ToArray());
        Tensor bySize = RunResize(nearest with { Axes = [-1] }, late, null, Tensor.FromVector<float>(), Tensor.FromVector(6L));
        Assert.Equal([1f, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], bySize.Span<float>().ToArray());
    }

    [Theory]
    [InlineData(AspectPolicy.Stretch, 5, 6)]
    [InlineData(AspectPolicy.NotLarger, 4, 6)]
    [InlineData(AspectPolicy.NotSmaller, 5, 8)]
    public void ResizeKeepsTheAspectRatio(AspectPolicy policy, int height, int width)
    {
        Tensor y = RunResize(new Resize { Axes = [2, 3], Aspect = policy }, false, null, null, Tensor.FromVector(5L, 6L));
        Assert.Equal(new Shape(1, 1, height, width), y.Shape);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ResizeReadsItsRegion(bool late)
    {
        var crop = new Resize { Axes = [3], Rule = new ResizeRule { Mode = ResizeMode.Linear, Coordinates = CoordinateMode.TfCropAndResize } };
        Tensor y = RunResize(crop, late, Tensor.FromVector(0.25f, 0.75f), null, Tensor.FromVector(3L));
        Assert.Equal([1.5f, 2, 2.5f, 4.5f, 5, 5.5f], y.Span<float>().ToArray());
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e10f)]
    public void WildScalesAreRefused(float scale)
    {
        var thrown = Assert.Throws<EdgeException>(() => RunResize(new Resize(), false, null, Tensor.FromVector(1f, 1f, 1f, scale), null));
        Assert.Equal(EdgeError.BadAttribute, thrown.Error);
    }

    [Fact]
    public void WildSizesAreRefused()
    {
        var all = new Resize();
        Assert.Equal(EdgeError.BadAttribute, Error(all, null, Tensor.FromVector(1L, 1L, -1L, 1L)));
        Assert.Equal(EdgeError.BadAttribute, Error(all, null, Tensor.FromVector(1L, 1L, long.MaxValue, 1L)));
        Assert.Equal(EdgeError.ShapeMismatch, Error(all, null, Tensor.FromVector(1L, 1L)));
        Assert.Equal(EdgeError.TooLarge, Error(all, null, Tensor.FromVector(1L, 1L, 1L, int.MaxValue)));
        Assert.Equal(EdgeError.TooLarge, Error(new Resize { Aspect = AspectPolicy.NotSmaller }, null, Tensor.FromVector(1L, 1L, int.MaxValue, 1L)));
        Assert.Equal(EdgeError.BadArity, Error(all, null, null));
        Assert.Equal(EdgeError.BadArity, Error(all, Tensor.FromVector(1f, 1f, 1f, 1f), Tensor.FromVector(1L, 1L, 1L, 1L)));
        Assert.Equal(EdgeError.BadAttribute, Error(new Resize { Axes = [4] }, null, Tensor.FromVector(1L)));
        Assert.Equal(EdgeError.BadAttribute, Error(new Resize { Axes = [3, -1] }, null, Tensor.FromVector(1L, 1L)));
    }

    /// <summary>Three boxes, of which the first two overlap by 0.9; absent inputs take their defaults.</summary>
    [Fact]
    public void BoxesAreSuppressed()
    {
        Assert.Equal([0L, 0, 2, 0, 0, 0], Suppress(5, 0.5f, null));
        Assert.Equal([0L, 0, 2], Suppress(5, 0.5f, 0.8f));
        Assert.Equal([0L, 0, 2, 0, 0, 0, 0, 0, 1], Suppress(5, 0.95f, null));
        Assert.Equal([0L, 0, 2], Suppress(1, 0.95f, null));
        Assert.Equal([0L, 0, 2, 0, 0, 0], Suppress(long.MaxValue, null, null));
        Assert.Empty(Suppress(null, null, null));
        Assert.Empty(Suppress(-3, null, null));
    }

    [Fact]
    public void SuppressionNeedsAPlaceForEveryInput()
    {
        var graph = new Graph("nms");
        Value boxes = graph.AddInput("boxes", new TensorInfo(DataType.F32, new Shape(1, 3, 4)));
        Value scores = graph.AddInput("scores", new TensorInfo(DataType.F32, new Shape(1, 1, 3)));
        Assert.Equal(EdgeError.BadArity, Assert.Throws<EdgeException>(() => graph.Add("nms", new NonMaxSuppression(), [boxes, scores])).Error);
    }

    [Fact]
    public void RecurrentLayersCheckTheirAttributes()
    {
        var layer = new Recurrent { Activations = [new CellActivation(CellActivationKind.Tanh)] };
        Assert.Equal(new Shape(3, 1, 2, 4), AddRecurrent(layer, 4).Info.KnownShape);
        Assert.Equal(new Shape(3, 2, 1, 4), AddRecurrent(layer with { BatchFirst = true }, 4).Info.KnownShape);
        Assert.Equal(EdgeError.BadAttribute, Assert.Throws<EdgeException>(() => AddRecurrent(layer with { Clip = 0 }, 4)).Error);
        Assert.Equal(EdgeError.BadAttribute, Assert.Throws<EdgeException>(() => AddRecurrent(layer with { Clip = float.NaN }, 4)).Error);
        Assert.Equal(EdgeError.ShapeMismatch, Assert.Throws<EdgeException>(() => AddRecurrent(layer, 5)).Error);
        Assert.Equal(EdgeError.ShapeMismatch, Assert.Throws<EdgeException>(() => AddRecurrent(layer with { Reversed = [true, false] }, 4)).Error);
        var reader = new AttributeReader([new("activations", new long[] { 256 }), new("alphas", new float[1]), new("betas", new float[1]), new("reversed", new long[1])]);
        Assert.Equal(EdgeError.BadAttribute, Assert.Throws<EdgeException>(() => Recurrent.Read(reader)).Error);
    }

    private static Value AddRecurrent(Recurrent layer, int rows)
    {
        var graph = new Graph("rnn");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(3, 2, 5)));
        Value w = graph.AddInput("w", new TensorInfo(DataType.F32, new Shape(1, rows, 5)));
        Value r = graph.AddInput("r", new TensorInfo(DataType.F32, new Shape(1, rows, 4)));
        return graph.AddNode("rnn", layer, [x, w, r, null, null, null], ["y"]).Outputs[0];
    }

    private static long[] Suppress(long? most, float? overlap, float? score)
    {
        var graph = new Graph("nms");
        Value boxes = graph.AddInput("boxes", new TensorInfo(DataType.F32, new Shape(1, 3, 4)));
        Value scores = graph.AddInput("scores", new TensorInfo(DataType.F32, new Shape(1, 1, 3)));
        Value?[] limits =
        [
            most is { } m ? graph.AddConstant("most", Tensor.FromVector(m)) : null,
            overlap is { } o ? graph.AddConstant("overlap", Tensor.FromScalar(o)) : null,
            score is { } s ? graph.AddConstant("score", Tensor.FromVector(s)) : null,
        ];
        graph.AddOutput(graph.Add("nms", new NonMaxSuppression(), [boxes, scores, .. limits]));
        using var session = new InferenceSession(graph);
        // The corners of the second box are given in the other order.
        Tensor corners = Tensor.From<float>(new Shape(1, 3, 4), [0, 0, 1, 1, 1, 0.9f, 0, 0, 5, 5, 6, 6]);
        return session.Run(corners, Tensor.From<float>(new Shape(1, 1, 3), [0.7f, 0.7f, 0.9f]))[0].Span<long>().ToArray();
    }

    private static EdgeError Error(Resize resize, Tensor? scales, Tensor? sizes) =>
        Assert.Throws<EdgeException>(() => RunResize(resize, false, null, scales, sizes)).Error;

    private static Tensor RunResize(Resize resize, bool late, params Tensor?[] others)
    {
        var graph = new Graph("resize");
        Value x = graph.AddInput("x", Image.Info);
        List<Tensor> fed = [Image];
        var inputs = new List<Value?> { x };
        foreach (Tensor? other in others)
        {
            inputs.Add(other is null ? null : late ? graph.AddInput($"x{inputs.Count}", other.Info) : graph.AddConstant($"x{inputs.Count}", other));
            if (late && other is not null)
            {
                fed.Add(other);
            }
        }
        graph.AddOutput(graph.Add("resize", resize, inputs));
        using var session = new InferenceSession(graph);
        return session.Run(fed)[0];
    }
}
