using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class QuantConvTests
{
    /// <summary>Problems of 8 bits alone and of 16, as many as give every row its share.</summary>
    private static readonly (ConvKind Kind, int Bytes, int Words)[] Counts =
    [
        (ConvKind.Dense, 120, 120), (ConvKind.Depthwise, 30, 260), (ConvKind.Square, 80, 20), (ConvKind.Line, 120, 20), (ConvKind.DepthwiseSquare, 120, 20),
    ];

    [Fact]
    public void EveryRowGivesTheBitsOfTheReference()
    {
        var random = new Random(1);
        var compared = new Dictionary<string, long>();
        foreach ((ConvKind kind, int bytes, int words) in Counts)
        {
            for (int i = 0; i < bytes + words; i++)
            {
                Check(i < bytes ? QuantProblems.Conv(random, kind) : WordProblems.Conv(random, kind), compared);
            }
        }
        QuantCases.RequireEach(QuantConvKernels.Table, compared);
    }

    /// <summary>Channels in several vectors and groups, the last ones not full, with sums of products far beyond 32 bits in between.</summary>
    [Theory]
    [InlineData(227, 40)]
    [InlineData(200, 17)]
    [InlineData(64, 33)]
    [InlineData(33, 16)]
    public void WinogradIsExactWhereItsSumsWrapAround(int inChannels, int outChannels)
    {
        var compared = new Dictionary<string, long>();
        var random = new Random(inChannels);
        for (int i = 0; i < 8; i++)
        {
            var window = new Window(new Extent(1, 3, 3), Extent.One, Extent.One, new Extent(0, 1, i % 3), new Extent(0, i % 2, 1));
            var input = new Extent(1, 9, 6 + i);
            var output = new Extent(1, (int)window.OutputSize(1, input.H), (int)window.OutputSize(2, input.W));
            var problem = new QuantConvProblem(
                1, inChannels, outChannels, 1, input, output, window, (i * 36) - 128, 3, -128, 127, false, false, Layout.ChannelsLast, Layout.ChannelsLast)
            {
                WeightSum = inChannels * 9 * 128L,
            };
            // Of one sign everywhere first: the largest sums there are.
            Tensor x = i < 4 ? Filled(new Shape(1, inChannels, input.H, input.W), (sbyte)(i < 2 ? -128 : 127)) : QuantProblems.Bytes(random, new Shape(1, inChannels, input.H, input.W));
            Tensor w = i < 4 ? Filled(new Shape(outChannels, inChannels, 3, 3), (sbyte)(i % 2 == 0 ? -128 : 127)) : QuantProblems.Bytes(random, new Shape(outChannels, inChannels, 3, 3));
            Tensor bias = QuantProblems.Ints(random, outChannels, -50_000, 50_000);
            // Sums of 2^25 end within 8 bits.
            Tensor multipliers = QuantProblems.Ints(random, outChannels, 1, 1 << 14);
            Check(new QuantConvCase(problem, x, w, bias, multipliers), compared);
        }
        Assert.True(compared.Keys.Any(r => r.EndsWith("winograd4x3", StringComparison.Ordinal)) || (Cpu.Features & (CpuFeatures.Avx2 | CpuFeatures.Neon)) == 0);
    }

    /// <summary>As above, along a line: pieces of the filter, phases of the stride, batches of tiles, the last of each not full.</summary>
    [Theory]
    [InlineData(227, 40, 16, 1)]
    [InlineData(200, 17, 19, 2)]
    [InlineData(64, 72, 8, 2)]
    [InlineData(33, 16, 9, 1)]
    public void LinesAreExactWhereTheirSumsWrapAround(int inChannels, int outChannels, int taps, int stride)
    {
        var compared = new Dictionary<string, long>();
        var random = new Random(inChannels);
        for (int i = 0; i < 6; i++)
        {
            var window = new Window(new Extent(1, 1, taps), new Extent(1, 1, stride), Extent.One, new Extent(0, 0, i), new Extent(0, 0, i % 3));
            // The last two take more than a batch.
            var input = new Extent(1, 1, i < 4 ? 40 + (7 * i) : 200 * (i - 3) + 31);
            var output = new Extent(1, 1, (int)window.OutputSize(2, input.W));
            var problem = new QuantConvProblem(
                1, inChannels, outChannels, 1, input, output, window, (i * 51) - 128, 3, -128, 127, false, false, Layout.ChannelsLast, Layout.ChannelsLast)
            {
                WeightSum = (long)inChannels * taps * 128,
            };
            Tensor x = i < 4 ? Filled(new Shape(1, inChannels, 1, input.W), (sbyte)(i < 2 ? -128 : 127)) : QuantProblems.Bytes(random, new Shape(1, inChannels, 1, input.W));
            Tensor w = i < 4 ? Filled(new Shape(outChannels, inChannels, 1, taps), (sbyte)(i % 2 == 0 ? -128 : 127)) : QuantProblems.Bytes(random, new Shape(outChannels, inChannels, 1, taps));
            Tensor bias = QuantProblems.Ints(random, outChannels, -50_000, 50_000);
            Tensor multipliers = QuantProblems.Ints(random, outChannels, 1, 1 << 14);
            Check(new QuantConvCase(problem, x, w, bias, multipliers), compared);
        }
        Assert.True(compared.Keys.Any(r => r.EndsWith("winograd4x4", StringComparison.Ordinal)) || (Cpu.Features & CpuFeatures.Avx2) == 0);
    }

    /// <summary>An RGB stem has too few channels for transforms, a feature map too few positions for their weights.</summary>
    [Theory]
    [InlineData(3, 64, 224, false)]
    [InlineData(512, 512, 7, false)]
    [InlineData(64, 64, 56, true)]
    [InlineData(256, 256, 14, true)]
    [InlineData(16, 64, 55, true)]
    public void WinogradIsChosenWhereItSavesTime(int inChannels, int outChannels, int size, bool winograd)
    {
        var window = new Window(new Extent(1, 3, 3), Extent.One, Extent.One, new Extent(0, 1, 1), new Extent(0, 1, 1));
        var extent = new Extent(1, size, size);
        var problem = new QuantConvProblem(
            1, inChannels, outChannels, 1, extent, extent, window, 0, 0, -128, 127, true, true, Layout.ChannelsLast, Layout.ChannelsLast) { WeightSum = 100_000 };
        string row = QuantConvKernels.Table.Select(problem, new KernelQuery(CpuFeatures.Avx2)).Name;
        Assert.Equal(winograd, row == "quantconv_s8_avx2_winograd4x3");
        Assert.DoesNotContain("winograd", QuantConvKernels.Table.Select(problem, new KernelQuery(CpuFeatures.Avx2, Compact: true)).Name, StringComparison.Ordinal);
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

    private static Tensor Filled(Shape shape, sbyte value)
    {
        Tensor tensor = Tensor.Allocate(DataType.S8, shape);
        tensor.Span<sbyte>().Fill(value);
        return tensor;
    }

    private static void Check(QuantConvCase each, Dictionary<string, long> compared)
    {
        (QuantConvProblem problem, Tensor x, Tensor w, Tensor bias, Tensor multipliers) = each;
        var output = new TensorInfo(problem.YType, new Shape([problem.Batch, problem.OutChannels, problem.Output.H, problem.Output.W]));
        QuantCases.Compare(QuantConvKernels.Table, problem, [x, w, bias, multipliers], output, [false, true, true, true], compared);
    }
}
