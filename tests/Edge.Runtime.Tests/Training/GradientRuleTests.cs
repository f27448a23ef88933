using Edge.Kernels.Elementwise;
using Edge.Kernels.Movement;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Runtime.Tests.Training;

/// <summary>Every gradient rule against central differences, over awkward shapes.</summary>
public class GradientRuleTests
{
    public static TheoryData<string> Differentiable => [.. UnaryFunctions.All.Where(f => f.GradientTable is not null).Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Unary(string name)
    {
        bool needsPositive = name is "Sqrt" or "Log" or "Reciprocal";
        var op = new Unary(name);
        op = name == "Clip" ? op with { Alpha = -0.613f, Beta = 0.717f } : op;
        foreach (int count in new[] { 1, 7, 16, 37 })
        {
            GradientCheck.Run(op, [new Shape(count)], low: needsPositive ? 0.2 : -4, high: 4);
        }
    }

    [Theory]
    [InlineData("Add")]
    [InlineData("Sub")]
    [InlineData("Mul")]
    [InlineData("Div")]
    [InlineData("Max")]
    [InlineData("Min")]
    [InlineData("PRelu")]
    [InlineData("Pow")]
    public void BinaryBroadcasts(string name)
    {
        bool needsPositive = name is "Div" or "Pow";
        (Shape, Shape)[] shapes = [(new(2, 3, 5), new(2, 3, 5)), (new(2, 3, 5), new(3, 1)), (new(1, 3, 1), new(2, 1, 4)), (new(4), Shape.Scalar), (new(2, 3), new(1, 3))];
        foreach ((Shape a, Shape b) in shapes)
        {
            GradientCheck.Run(new Binary(name), [a, b], low: needsPositive ? 0.3 : -1, high: needsPositive ? 2 : 1);
        }
    }

    // N, C, M, group, input, kernel, strides, pads, dilations
    [Theory]
    [InlineData(1, 1, 1, 1, "1", "1", "1", "0,0", "1")]
    [InlineData(2, 3, 4, 1, "9", "3", "1", "1,1", "1")]
    [InlineData(2, 3, 5, 1, "17", "4", "3", "0,2", "1")]
    [InlineData(1, 4, 6, 2, "11", "3", "2", "2,1", "2")]
    [InlineData(2, 1, 2, 1, "5,7", "3,2", "1,1", "0,0,0,0", "1,1")]
    [InlineData(1, 7, 7, 1, "6,5", "3,3", "1,1", "1,1,1,1", "1,1")]
    [InlineData(2, 3, 8, 1, "9,8", "3,3", "2,2", "1,1,1,1", "1,1")]
    [InlineData(1, 6, 6, 6, "7,7", "3,3", "1,1", "1,1,1,1", "1,1")]
    [InlineData(1, 6, 12, 3, "8,7", "3,2", "2,3", "1,0,2,1", "2,2")]
    [InlineData(3, 13, 2, 1, "4,4", "1,1", "1,1", "0,0,0,0", "1,1")]
    [InlineData(1, 2, 3, 1, "8,8", "1,1", "2,2", "0,0,0,0", "1,1")]
    [InlineData(1, 2, 2, 1, "4,3,5", "2,3,2", "1,2,1", "1,0,1,0,1,1", "1,1,2")]
    public void Convolution(int n, int c, int m, int group, string input, string kernel, string strides, string pads, string dilations)
    {
        var op = new Conv { Strides = Ints(strides), Pads = Ints(pads), Dilations = Ints(dilations), Group = group };
        GradientCheck.Run(op, [new Shape([n, c, .. Ints(input)]), new Shape([m, c / group, .. Ints(kernel)]), new Shape(m)]);
    }

    [Theory]
    [InlineData(1, 3, 2, 1, "5", "3", "2", "1,1", "1", "1")]
    [InlineData(2, 4, 6, 2, "3,4", "3,2", "2,1", "1,0,0,1", "1,0", "1,1")]
    [InlineData(1, 2, 3, 1, "4,4", "2,2", "1,1", "0,0,0,0", "0,0", "2,1")]
    public void TransposedConvolution(int n, int c, int m, int group, string input, string kernel, string strides, string pads, string padding, string dilations)
    {
        var op = new ConvTranspose { Strides = Ints(strides), Pads = Ints(pads), OutputPadding = Ints(padding), Dilations = Ints(dilations), Group = group };
        GradientCheck.Run(op, [new Shape([n, c, .. Ints(input)]), new Shape([c, m / group, .. Ints(kernel)]), new Shape(m)]);
    }

    [Fact]
    public void ConvolutionWithResidual() =>
        GradientCheck.Run(new Conv { Strides = [1], Pads = [1, 1], Dilations = [1] }, [new(2, 3, 5), new(3, 3, 3), null, new(2, 3, 5)]);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void GemmTransposes(bool transA, bool transB)
    {
        var op = new Gemm { TransA = transA, TransB = transB, Alpha = 1.5f, Beta = 0.5f };
        foreach (Shape c in new Shape[] { new(5), new(3, 5), new(3, 1), Shape.Scalar })
        {
            GradientCheck.Run(op, [transA ? new(7, 3) : new(3, 7), transB ? new(5, 7) : new(7, 5), c]);
        }
    }

    [Fact]
    public void MatMulBatches()
    {
        GradientCheck.Run(new MatMul(), [new(3, 4), new(4, 5)]);
        GradientCheck.Run(new MatMul(), [new(2, 3, 4), new(4, 5)]);
        GradientCheck.Run(new MatMul(), [new(2, 3, 4), new(2, 4, 5)]);
        GradientCheck.Run(new MatMul(), [new(2, 1, 3, 4), new(3, 4, 2)]);
    }

    // planes, input, kernel, strides, pads, dilations, ceil
    [Theory]
    [InlineData("9", "2", "2", "0,0", "1", false)]
    [InlineData("10", "3", "2", "1,1", "1", true)]
    [InlineData("17", "3", "1", "1,0", "2", false)]
    [InlineData("8,8", "2,2", "2,2", "0,0,0,0", "1,1", false)]
    [InlineData("7,9", "3,3", "2,2", "1,1,1,1", "1,1", true)]
    [InlineData("6,19", "3,2", "1,1", "0,1,2,0", "1,2", false)]
    [InlineData("3,4,5", "2,2,3", "1,2,1", "0,0,1,1,0,0", "1,1,1", false)]
    public void Pools(string input, string kernel, string strides, string pads, string dilations, bool ceil)
    {
        var shape = new Shape([2, 3, .. Ints(input)]);
        (int[] k, int[] s, int[] p, int[] d) = (Ints(kernel), Ints(strides), Ints(pads), Ints(dilations));
        GradientCheck.Run(new MaxPool { Kernel = k, Strides = s, Pads = p, Dilations = d, CeilMode = ceil }, [shape]);
        GradientCheck.Run(new AveragePool { Kernel = k, Strides = s, Pads = p, Dilations = d, CeilMode = ceil }, [shape]);
        GradientCheck.Run(new AveragePool { Kernel = k, Strides = s, Pads = p, Dilations = d, CeilMode = ceil, CountIncludePad = true }, [shape]);
        GradientCheck.Run(new LpPool { Kernel = k, Strides = s, Pads = p, Dilations = d, CeilMode = ceil, P = 1 }, [shape]);
        GradientCheck.Run(new LpPool { Kernel = k, Strides = s, Pads = p, Dilations = d, CeilMode = ceil, P = 2 }, [shape]);
    }

    [Fact]
    public void GlobalAndChannelPools()
    {
        foreach (Shape shape in new Shape[] { new(2, 3, 5), new(1, 4, 3, 7), new(2, 2, 2, 3, 2) })
        {
            GradientCheck.Run(new GlobalAveragePool(), [shape]);
            GradientCheck.Run(new GlobalMaxPool(), [shape]);
            GradientCheck.Run(new GlobalLpPool { P = 1 }, [shape]);
            GradientCheck.Run(new GlobalLpPool { P = 2 }, [shape]);
        }
        GradientCheck.Run(new ChannelMaxPool { GroupSize = 3 }, [new(2, 6, 4, 3)]);
    }

    [Fact]
    public void BatchNormalization()
    {
        foreach (Shape shape in new Shape[] { new(3, 4), new(2, 3, 17), new(2, 5, 3, 4) })
        {
            Tensor mean = Tensor.From<float>(new Shape(shape[1]), [.. Enumerable.Range(0, shape[1]).Select(i => (i * 0.1f) - 0.2f)]);
            Tensor variance = Tensor.From<float>(new Shape(shape[1]), [.. Enumerable.Range(0, shape[1]).Select(i => (i * 0.3f) + 0.5f)]);
            Shape channels = new(shape[1]);
            GradientCheck.Run(new BatchNorm(), [shape, channels, channels, channels, channels], fixedInputs: new() { [3] = mean, [4] = variance });
            GradientCheck.Run(new BatchNorm { Training = true }, [shape, channels, channels, channels, channels], fixedInputs: new() { [3] = mean, [4] = variance }, outputs: 3, counted: 1);
            GradientCheck.Run(new BatchNorm { Training = true }, [shape, channels, channels, channels, channels], fixedInputs: new() { [3] = mean, [4] = variance });
        }
    }

    [Fact]
    public void ResponseNormalization()
    {
        GradientCheck.Run(new LocalResponseNorm { Size = 5, Alpha = 0.5f, Bias = 2 }, [new(2, 7, 3)]);
        GradientCheck.Run(new LocalResponseNorm { Size = 4, Alpha = 0.9f, Beta = 0.5f }, [new(1, 3, 2, 3)]);
        // Whole vectors of positions, and a last one that reaches back.
        GradientCheck.Run(new LocalResponseNorm { Size = 5, Alpha = 0.5f, Bias = 2 }, [new(2, 7, 19)]);
        GradientCheck.Run(new LocalResponseNorm { Size = 4, Alpha = 0.9f, Beta = 0.5f }, [new(1, 3, 3, 3)]);
    }

    [Fact]
    public void SoftmaxAxes()
    {
        GradientCheck.Run(new Softmax { Axis = 1 }, [new(3, 5)]);
        GradientCheck.Run(new Softmax { Axis = 1 }, [new(2, 3, 4)]);
        GradientCheck.Run(new Softmax { Axis = 1, Flatten = true }, [new(2, 3, 4)]);
        GradientCheck.Run(new Softmax { Axis = 2, Logarithm = true }, [new(2, 3, 4)]);
    }

    [Fact]
    public void Movements()
    {
        GradientCheck.Run(new Reshape { Dims = [6, -1] }, [new(2, 3, 4)]);
        GradientCheck.Run(new Flatten(), [new(2, 3, 4)]);
        GradientCheck.Run(new Squeeze { Axes = [1] }, [new(2, 1, 4)]);
        GradientCheck.Run(new Unsqueeze { Axes = [1] }, [new(2, 4)]);
        GradientCheck.Run(new Identity(), [new(2, 4)]);
        GradientCheck.Run(new Transpose { Permutation = [2, 0, 1] }, [new(2, 3, 4)]);
        GradientCheck.Run(new Concat { Axis = 1 }, [new(2, 3, 4), new(2, 1, 4), new(2, 2, 4)]);
        GradientCheck.Run(new Split { Axis = -1, Sizes = [1, 3] }, [new(2, 3, 4)], outputs: 2);
        GradientCheck.Run(new Slice { Starts = [1, -3], Ends = [3, 100], Axes = [0, 2] }, [new(4, 3, 5)]);
        GradientCheck.Run(new Expand { Dims = [2, 3, 4] }, [new(3, 1)]);
        GradientCheck.Run(new ChannelShuffle { Groups = 2 }, [new(2, 6, 3)]);
        GradientCheck.Run(new ChannelShuffle { Groups = 2, Sizes = [3, 5] }, [new(1, 6, 3), new(1, 2, 3)], outputs: 2);
        GradientCheck.Run(new Where(), [new(2, 3), new(2, 3), new(3)], fixedInputs: new() { [0] = Mask(true, false, true, true, false, false) });
        GradientCheck.Run(new Reduce("Sum") { Axes = [0, 2] }, [new(2, 3, 4)]);
        GradientCheck.Run(new Reduce("Mean") { Axes = [1, 2], KeepDims = false }, [new(2, 3, 4)]);
    }

    [Theory]
    [InlineData(PadMode.Constant, "0,0,1,2,0,0,0,3")]
    [InlineData(PadMode.Reflect, "0,0,1,2,0,0,2,3")]
    [InlineData(PadMode.Edge, "0,1,1,2,0,0,2,0")]
    [InlineData(PadMode.Constant, "0,0,-1,2,0,0,1,-2")]
    public void Pads(PadMode mode, string pads) => GradientCheck.Run(new Pad { Pads = Ints(pads), Mode = mode, Value = 0.5f }, [new(2, 2, 4, 5)]);

    [Theory]
    [InlineData(ResizeMode.Nearest)]
    [InlineData(ResizeMode.Linear)]
    [InlineData(ResizeMode.Cubic)]
    public void Resizes(ResizeMode mode)
    {
        foreach (float[] scales in new[] { new[] { 1f, 1, 2, 2 }, [1, 1, 0.6f, 1.7f] })
        {
            GradientCheck.Run(
                new Resize { Rule = new ResizeRule { Mode = mode } }, [new(1, 2, 5, 4), null, new(4)], fixedInputs: new() { [2] = Tensor.FromVector<float>(scales) });
        }
    }

    [Fact]
    public void SeveralReadersAddUp()
    {
        var graph = new Graph("g");
        Value x = graph.AddVariable("x", Tensor.FromVector(2f, -3f));
        Value square = graph.Add("square", new Binary("Mul"), [x, x]);
        Value loss = graph.Add("loss", new Reduce("Sum") { Axes = [0], KeepDims = false }, [graph.Add("sum", new Binary("Add"), [square, x])]);
        graph.AddOutput(GradientBuilder.AddGradients(graph, loss, [x])[0]);
        using var session = new InferenceSession(graph);
        Assert.Equal([5f, -5f], session.Run([])[0].ToArray<float>());
    }

    [Fact]
    public void AnOperatorWithoutRuleIsNamed()
    {
        var graph = new Graph("g");
        Value x = graph.AddVariable("x", Tensor.FromVector(2f, -3f));
        Value y = graph.Add("the/sine", new Unary("Sin"), [x]);
        Value loss = graph.Add("loss", new Reduce("Sum") { Axes = [0], KeepDims = false }, [y]);
        EdgeException exception = Assert.Throws<EdgeException>(() => GradientBuilder.AddGradients(graph, loss, [x]));
        Assert.Equal(EdgeError.NoGradient, exception.Error);
        Assert.Contains("Sin 'the/sine'", exception.Message, StringComparison.Ordinal);
    }

    private static int[] Ints(string list) => [.. list.Split(',').Select(v => int.Parse(v, System.Globalization.CultureInfo.InvariantCulture))];

    private static Tensor Mask(params bool[] values)
    {
        Tensor mask = Tensor.Allocate(DataType.Bool, new Shape(2, 3));
        for (int i = 0; i < values.Length; i++)
        {
            mask.ByteSpan()[i] = (byte)(values[i] ? 1 : 0);
        }
        return mask;
    }
}
