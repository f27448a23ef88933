using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests;

/// <summary>The worked examples of a lecture on convolutional networks, with the numbers that it states.</summary>
public class LectureTests
{
    private static readonly float[] Edge1 = [-1, -1, -1, -1, 8, -1, -1, -1, -1];
    private static readonly float[] Edge2 = [0, 1, 0, 1, -4, 1, 0, 1, 0];
    private static readonly float[] BoxBlur = [1f / 9, 1f / 9, 1f / 9, 1f / 9, 1f / 9, 1f / 9, 1f / 9, 1f / 9, 1f / 9];
    private static readonly float[] IdentityKernel = [0, 0, 0, 0, 1, 0, 0, 0, 0];

    public static TheoryData<bool> BothExecutors => [true, false];

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void StrideTwoOnTheSevenBySevenInput(bool reference)
    {
        float[] input =
        [
            2, 3, 7, 4, 6, 2, 9,
            6, 6, 9, 8, 7, 4, 3,
            3, 4, 8, 3, 8, 9, 7,
            7, 8, 3, 6, 6, 3, 4,
            4, 2, 1, 8, 3, 4, 6,
            3, 2, 4, 1, 9, 8, 3,
            0, 1, 3, 9, 2, 1, 4,
        ];
        Tensor output = Convolve(input, 7, [3, 4, 4, 1, 0, 2, -1, 0, 3], stride: 2, pad: 0, reference);
        Assert.Equal([91, 100, 88, 69, 91, 117, 44, 72, 74], output.ToArray<float>());
    }

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void KnownKernelsOnAnImageWithAVerticalEdge(bool reference)
    {
        // Columns 0..3 are dark (10), columns 4..7 are bright (19).
        float[] image = [.. Enumerable.Range(0, 64).Select(i => i % 8 < 4 ? 10f : 19f)];
        float[] edge1 = Convolve(image, 8, Edge1, 1, 0, reference).ToArray<float>();
        float[] edge2 = Convolve(image, 8, Edge2, 1, 0, reference).ToArray<float>();
        float[] blurred = Convolve(image, 8, BoxBlur, 1, 0, reference).ToArray<float>();
        float[] same = Convolve(image, 8, IdentityKernel, 1, 1, reference).ToArray<float>();
        for (int row = 0; row < 6; row++)
        {
            // Output column x looks at image columns x..x+2: only 2 and 3 see both sides of the edge.
            Assert.Equal([0, 0, -27, 27, 0, 0], edge1[(row * 6)..((row * 6) + 6)]);
            Assert.Equal([0, 0, 9, -9, 0, 0], edge2[(row * 6)..((row * 6) + 6)]);
            Assert.All(blurred[(row * 6)..((row * 6) + 6)].Zip([10f, 10, 13, 16, 19, 19]), p => Assert.Equal(p.Second, p.First, 1e-4));
        }
        Assert.Equal(image, same);
    }

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void AnImpulseGivesTheKernelTurnedAround(bool reference)
    {
        float[] image = new float[25];
        image[12] = 1;
        float[] kernel = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1], Convolve(image, 5, kernel, 1, 0, reference).ToArray<float>());
    }

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void ZeroPaddingKeepsTheSizeAndDarkensTheBorder(bool reference)
    {
        float[] ones = [.. Enumerable.Repeat(9f, 16)];
        Tensor output = Convolve(ones, 4, BoxBlur, 1, 1, reference);
        Assert.Equal(new Shape(1, 1, 4, 4), output.Shape);
        float[] expected = [4, 6, 6, 4, 6, 9, 9, 6, 6, 9, 9, 6, 4, 6, 6, 4];
        Assert.All(output.ToArray<float>().Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-4));
    }

    [Theory]
    [InlineData(7, 3, 0, 1, 5)]
    [InlineData(7, 3, 0, 2, 3)]
    [InlineData(7, 3, 1, 1, 7)]
    [InlineData(32, 5, 2, 1, 32)]
    [InlineData(227, 11, 0, 4, 55)]
    [InlineData(224, 7, 3, 2, 112)]
    public void OutputSizeIsInputMinusKernelPlusPaddingOverStridePlusOne(int size, int kernel, int pad, int stride, int expected)
    {
        Assert.Equal(((size - kernel + (2 * pad)) / stride) + 1, expected);
        var graph = new Graph("size");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 3, size, size)));
        Value w = graph.AddConstant("w", Tensor.Allocate(DataType.F32, new Shape(10, 3, kernel, kernel)));
        Assert.Equal(new Shape(1, 10, expected, expected), graph.Add("y", Conv2D(stride, pad), [x, w]).Info.KnownShape);
    }

    [Fact]
    public void ParametersAreKernelTimesDepthTimesFiltersPlusBiases()
    {
        // F*F*D*K + K: 10 filters of 5x5 over 3 channels have 760; AlexNet's first layer 34,944.
        Assert.Equal(760, Parameters(5, 3, 10));
        Assert.Equal(34_944, Parameters(11, 3, 96));
    }

    [Fact]
    public void TwoSharedParametersReplaceEightThousandMillion()
    {
        // Differences of horizontal neighbours in an image 320 wide and 280 high: one kernel of two weights.
        var graph = new Graph("difference");
        Value image = graph.AddInput("image", new TensorInfo(DataType.F32, new Shape(1, 1, 280, 320)));
        Tensor weights = Tensor.From<float>(new Shape(1, 1, 1, 2), [-1, 1]);
        Value difference = graph.Add("difference", Conv2D(1, 0), [image, graph.AddConstant("w", weights)]);
        Assert.Equal(new Shape(1, 1, 280, 319), difference.Info.KnownShape);
        Assert.Equal(2, weights.Count);
        Assert.Equal(8_003_072_000, image.Info.KnownShape.Count * difference.Info.KnownShape.Count);
    }

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void MaxPoolingTwoByTwo(bool reference)
    {
        Tensor input = Tensor.From<float>(new Shape(1, 1, 4, 4), [1, 3, 2, 1, 2, 9, 1, 1, 1, 3, 2, 3, 5, 6, 1, 2]);
        Assert.Equal([9, 2, 6, 3], Run(MaxPool2D(2, 2), reference, input).ToArray<float>());
    }

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void ConvolutionCommutesWithTranslation(bool reference)
    {
        Tensor image = RandomTensor.F32(new Shape(1, 1, 12, 12), 3);
        float[] kernel = RandomTensor.F32(new Shape(9), 4).ToArray<float>();
        float[] moved = Shift(image.ToArray<float>(), 12, 2, 3);
        float[] a = Shift(Convolve(image.ToArray<float>(), 12, kernel, 1, 0, reference).ToArray<float>(), 10, 2, 3);
        float[] b = Convolve(moved, 12, kernel, 1, 0, reference).ToArray<float>();
        for (int y = 2; y < 10; y++)
        {
            Assert.Equal(a[((y * 10) + 3)..((y * 10) + 10)], b[((y * 10) + 3)..((y * 10) + 10)]);
        }
    }

    [Fact]
    public void PoolingIsNearlyInvariantToSmallTranslations()
    {
        // A smooth bump moved by one pixel: the values change a good deal, the pooled values far less.
        Tensor Bump(double centre) => Tensor.From<float>(
            new Shape(1, 1, 1, 24), [.. Enumerable.Range(0, 24).Select(i => (float)Math.Exp(-Math.Pow((i - centre) / 3, 2)))]);
        Tensor at = Bump(12);
        Tensor moved = Bump(13);
        var pool = new MaxPool { Kernel = [1, 6], Strides = [1, 6], Pads = [0, 0, 0, 0], Dilations = [1, 1] };
        double before = Distance(at, moved);
        double after = Distance(Run(pool, false, at), Run(pool, false, moved));
        Assert.True(after < before / 2, FormattableString.Invariant($"distance {before} before pooling, {after} after"));
    }

    [Theory]
    [MemberData(nameof(BothExecutors))]
    public void MaxAcrossChannelsIsInvariantToWhicheverChannelResponds(bool reference)
    {
        // Three detectors of one digit in three rotations: whichever fires, the pooled channel fires.
        Tensor upright = Tensor.From<float>(new Shape(1, 3, 1, 2), [0.9f, 0.1f, 0.2f, 0.3f, 0.1f, 0.2f]);
        Tensor turned = Tensor.From<float>(new Shape(1, 3, 1, 2), [0.2f, 0.3f, 0.1f, 0.2f, 0.9f, 0.1f]);
        var pool = new ChannelMaxPool { GroupSize = 3 };
        Assert.Equal([0.9f, 0.3f], Run(pool, reference, upright).ToArray<float>());
        Assert.Equal([0.9f, 0.3f], Run(pool, reference, turned).ToArray<float>());
    }

    [Fact]
    public void AlexNetActivationTable()
    {
        var graph = new Graph("alexnet");
        Value value = graph.AddInput("image", new TensorInfo(DataType.F32, new Shape(1, 3, 227, 227)));
        var sides = new List<(int Channels, int Side)>();
        void Add(string name, Operator op, params Value[] weights)
        {
            value = graph.Add(name, op, [value, .. weights]);
            sides.Add((value.Info.KnownShape[1], value.Info.KnownShape[2]));
        }

        Value Weights(int filters, int channels, int kernel) =>
            graph.AddConstant($"w{graph.Nodes.Count}", Tensor.Allocate(DataType.F32, new Shape(filters, channels, kernel, kernel)));

        Add("conv1", Conv2D(4, 0), Weights(96, 3, 11));
        Add("pool1", MaxPool2D(3, 2));
        Add("conv2", Conv2D(1, 2), Weights(256, 96, 5));
        Add("pool2", MaxPool2D(3, 2));
        Add("conv3", Conv2D(1, 1), Weights(384, 256, 3));
        Add("conv4", Conv2D(1, 1), Weights(384, 384, 3));
        Add("conv5", Conv2D(1, 1), Weights(256, 384, 3));
        Add("pool5", MaxPool2D(3, 2));
        Assert.Equal([(96, 55), (96, 27), (256, 27), (256, 13), (384, 13), (384, 13), (256, 13), (256, 6)], sides);
    }

    private static long Parameters(int kernel, int channels, int filters)
    {
        Tensor weights = Tensor.Allocate(DataType.F32, new Shape(filters, channels, kernel, kernel));
        Tensor bias = Tensor.Allocate(DataType.F32, new Shape(filters));
        return weights.Count + bias.Count;
    }

    private static Conv Conv2D(int stride, int pad) =>
        new() { Strides = [stride, stride], Pads = [pad, pad, pad, pad], Dilations = [1, 1], Group = 1 };

    private static MaxPool MaxPool2D(int kernel, int stride) =>
        new() { Kernel = [kernel, kernel], Strides = [stride, stride], Pads = [0, 0, 0, 0], Dilations = [1, 1] };

    private static Tensor Convolve(float[] image, int side, float[] kernel, int stride, int pad, bool reference) =>
        Run(Conv2D(stride, pad), reference, Tensor.From<float>(new Shape(1, 1, side, side), image), Tensor.From<float>(new Shape(1, 1, 3, 3), kernel));

    /// <summary>Runs one operator on an input and constants.</summary>
    private static Tensor Run(Operator op, bool reference, Tensor input, params Tensor[] constants)
    {
        var graph = new Graph("one");
        Value x = graph.AddInput("x", input.Info);
        Value[] weights = [.. constants.Select((c, i) => graph.AddConstant($"c{i}", c))];
        graph.AddOutput(graph.Add("y", op, [x, .. weights]));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = reference ? KernelQuery.Reference : KernelQuery.Default });
        return session.Run(input)[0];
    }

    private static float[] Shift(float[] image, int side, int down, int right)
    {
        var moved = new float[image.Length];
        for (int y = down; y < side; y++)
        {
            for (int x = right; x < side; x++)
            {
                moved[(y * side) + x] = image[((y - down) * side) + x - right];
            }
        }
        return moved;
    }

    private static double Distance(Tensor a, Tensor b) =>
        Math.Sqrt(a.ToDouble().Zip(b.ToDouble(), (x, y) => (x - y) * (x - y)).Sum());
}
