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
        for (int i = 0; i < 1800; i++)
        {
            bool depthwise = i % 9 is 0 or 4 or 8;
            Check(i % 3 < 2 ? QuantProblems.Conv(random, depthwise) : WordProblems.Conv(random, depthwise), compared);
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

    private static void Check(QuantConvCase each, Dictionary<string, long> compared)
    {
        (QuantConvProblem problem, Tensor x, Tensor w, Tensor bias, Tensor multipliers) = each;
        var output = new TensorInfo(problem.YType, new Shape([problem.Batch, problem.OutChannels, problem.Output.H, problem.Output.W]));
        QuantCases.Compare(QuantConvKernels.Table, problem, [x, w, bias, multipliers], output, [false, true, true, true], compared);
    }
}
