using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class QuantConvTests
{
    [Fact]
    public void EveryRowGivesTheBitsOfTheReference()
    {
        var random = new Random(1);
        var compared = new Dictionary<string, long>();
        for (int i = 0; i < 1200; i++)
        {
            Check(random, i % 3 == 0, compared);
        }
        QuantCases.RequireEach(QuantConvKernels.Table, compared);
    }

    [Fact]
    public void TheReferenceComputesTheFormula()
    {
        // 2 channels of 1x3, 1 filter of 1x2, one pad at the left: sums -5 + (0,-1,2)..., by hand.
        var window = new Window(new Extent(1, 1, 2), Extent.One, Extent.One, new Extent(0, 0, 1), Extent.Zero);
        var problem = new QuantConvProblem(
            1, 2, 1, 1, new Extent(1, 1, 3), new Extent(1, 1, 3), window, 1, -2, -128, 127, false, true, Layout.Planar, Layout.Planar);
        Tensor x = Tensor.From<sbyte>(new Shape(1, 2, 3), [1, 2, 3, -128, 127, 1]);
        Tensor w = Tensor.From<sbyte>(new Shape(1, 2, 2), [3, -2, 1, 127]);
        Tensor bias = Tensor.FromVector(-5);
        Tensor multipliers = Tensor.FromVector(1 << 30);
        // Positions: 0: pads, then x: -2*0 + 127*-129 = -16383 - 5; 1: 3*0 - 2*1 - 129 + 127*126 = 15871 - 5; 2: 3*1 - 2*2 + 126 + 0 = 125 - 5.
        Tensor y = RowChecks.Run(QuantConvKernels.Table.Rows[^1], problem, [x, w, bias, multipliers], [new TensorInfo(DataType.S8, new Shape(1, 1, 3))])[0];
        Assert.Equal(new sbyte[] { -128, 127, 58 }, y.ToArray<sbyte>());
    }

    [Theory]
    [InlineData(3, 1 << 30, 2)]
    [InlineData(-3, 1 << 30, -1)]
    [InlineData(1, 1 << 30, 1)]
    [InlineData(-1, 1 << 30, 0)]
    [InlineData(int.MaxValue, int.MaxValue, 2147483646)]
    [InlineData(int.MinValue, int.MaxValue, -2147483647)]
    [InlineData(12345, 0, 0)]
    public void TiesRoundUpwards(int sum, int multiplier, int expected) => Assert.Equal(expected, Rescaling.Scale(sum, multiplier));

    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(0.5, 1 << 30)]
    [InlineData(0, 0)]
    [InlineData(1e-12, 0)]
    public void MultipliersAreRounded(double factor, int expected) => Assert.Equal(expected, Rescaling.Multiplier(factor));

    private static void Check(Random random, bool depthwise, Dictionary<string, long> compared)
    {
        QuantConvProblem problem = Random(random, depthwise);
        int rank = 2;
        var x = QuantCases.Bytes(random, new Shape(problem.Batch, problem.InChannels, problem.Input.H, problem.Input.W), problem.XNotNegative ? 0 : -128);
        var w = QuantCases.Bytes(
            random, new Shape(problem.OutChannels, problem.GroupInChannels, problem.Window.Kernel.H, problem.Window.Kernel.W), problem.NarrowWeights ? -127 : -128);
        Tensor bias = QuantCases.Ints(random, problem.OutChannels, random.Next(4) == 0 ? int.MinValue : -50_000, random.Next(4) == 0 ? int.MaxValue : 50_000);
        // Factors from 2^-14 to 1.
        Tensor multipliers = QuantCases.Ints(random, problem.OutChannels, 0, random.Next(5) == 0 ? int.MaxValue : 1 << random.Next(17, 26));
        var output = new TensorInfo(DataType.S8, new Shape([problem.Batch, problem.OutChannels, problem.Output.H, problem.Output.W]));
        Assert.Equal(rank, output.KnownShape.Rank - 2);
        if (random.Next(8) > 0)
        {
            problem = problem with { WeightSum = WeightSum(w) };
        }
        QuantCases.Compare(QuantConvKernels.Table, problem, [x, w, bias, multipliers], output, [false, true, true, true], compared);
    }

    private static long WeightSum(Tensor w) =>
        w.ToArray<sbyte>().Chunk((int)(w.Count / w.Shape[0])).Max(channel => channel.Sum(v => (long)Math.Abs((int)v)));

    private static QuantConvProblem Random(Random random, bool depthwise)
    {
        int groups = depthwise ? (random.Next(3) == 0 ? random.Next(40, 140) : random.Next(2, 40)) : random.Next(6) == 0 ? random.Next(2, 4) : 1;
        int inChannels = depthwise ? groups : groups * random.Next(1, 24);
        int outChannels = depthwise ? groups : groups * random.Next(1, 40);
        var kernel = new Extent(1, random.Next(1, 5), random.Next(1, 6));
        if (random.Next(3) == 0)
        {
            kernel = random.Next(2) == 0 ? Extent.One : new Extent(1, 3, 3);
        }
        var window = new Window(
            kernel,
            new Extent(1, random.Next(1, 4), random.Next(1, 4)),
            random.Next(3) == 0 ? new Extent(1, random.Next(1, 4), random.Next(1, 4)) : Extent.One,
            new Extent(0, random.Next(0, 3), random.Next(0, 3)),
            new Extent(0, random.Next(0, 3), random.Next(0, 3)));
        if (kernel.W == 3 && random.Next(2) == 0)
        {
            // What Winograd's algorithm computes.
            window = window with { Stride = Extent.One, Dilation = Extent.One };
        }
        var input = new Extent(1, random.Next((int)window.Span(1), 15), random.Next((int)window.Span(2), 17));
        var output = new Extent(1, (int)window.OutputSize(1, input.H), (int)window.OutputSize(2, input.W));
        int low = random.Next(3) == 0 ? random.Next(-128, 100) : -128;
        bool positive = random.Next(2) == 0;
        return new QuantConvProblem(
            random.Next(6) == 0 ? 2 : 1, inChannels, outChannels, groups, input, output, window,
            positive ? 0 : random.Next(-128, 128), random.Next(-128, 128), low, random.Next(low, 128), positive, random.Next(4) > 0,
            Layout.ChannelsLast, Layout.ChannelsLast);
    }
}
