using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>The naive rows against the rules, wherever an operand or the result has 16 bits.</summary>
public class QuantWordTests
{
    [Theory]
    [InlineData(ConvKind.Dense)]
    [InlineData(ConvKind.Depthwise)]
    [InlineData(ConvKind.Square)]
    [InlineData(ConvKind.Line)]
    [InlineData(ConvKind.DepthwiseSquare)]
    public void ConvolutionsFollowTheRule(ConvKind kind)
    {
        var random = new Random(31);
        for (int i = 0; i < 60; i++)
        {
            (QuantConvProblem problem, Tensor x, Tensor w, Tensor bias, Tensor multipliers) = WordProblems.Conv(random, kind);
            Tensor y = Run(QuantConvKernels.Table, problem, [x, w, bias, multipliers], new TensorInfo(problem.YType, OutputShape(problem)));
            int[] expected = QuantOracle.Conv(problem, QuantOracle.Integers(x), QuantOracle.Integers(w), QuantOracle.Integers(bias), QuantOracle.Integers(multipliers));
            Assert.Equal(expected, QuantOracle.Integers(y));
        }
    }

    [Fact]
    public void SumsFollowTheRule()
    {
        var random = new Random(32);
        for (int i = 0; i < 300; i++)
        {
            (QuantAddProblem problem, Tensor a, Tensor b) = WordProblems.Add(random, random.Next(1, 300));
            Tensor y = Run(QuantAddKernels.Table, problem, [a, b], new TensorInfo(problem.YType, a.Shape));
            Assert.Equal(QuantOracle.Add(problem, QuantOracle.Integers(a), QuantOracle.Integers(b)), QuantOracle.Integers(y));
        }
    }

    [Fact]
    public void TablesFollowTheRule()
    {
        var random = new Random(33);
        for (int i = 0; i < 300; i++)
        {
            (QuantTableProblem problem, Tensor x, Tensor table) = WordProblems.Table(random, random.Next(1, 600));
            Tensor y = Run(QuantTableKernels.Table, problem, [x, table], new TensorInfo(problem.YType, x.Shape));
            Assert.Equal(QuantOracle.Table(problem, QuantOracle.Integers(x), QuantOracle.Integers(table)), QuantOracle.Integers(y));
        }
    }

    [Fact]
    public void EveryWordHasItsPlaceInTheTable()
    {
        // A straight line through all 513 entries: 32767 stands for the end, which 16 bits do not reach.
        Tensor table = Tensor.FromVector<short>([.. Enumerable.Range(0, 513).Select(i => (short)Math.Min((i * 128) - 32768, short.MaxValue))]);
        Tensor x = Tensor.FromVector<short>([.. Enumerable.Range(short.MinValue, 65536).Select(v => (short)v)]);
        var problem = new QuantTableProblem(x.Count) { XType = DataType.S16, YType = DataType.S16, Low = short.MinValue, High = short.MaxValue };
        short[] y = Run(QuantTableKernels.Table, problem, [x, table], new TensorInfo(DataType.S16, x.Shape)).ToArray<short>();
        Assert.All(x.ToArray<short>().Zip(y), p => Assert.InRange(p.First - p.Second, 0, p.First < 32704 ? 0 : 1));
        problem = problem with { YType = DataType.S8, Low = -128, High = 127 };
        sbyte[] bytes = Run(QuantTableKernels.Table, problem, [x, table], new TensorInfo(DataType.S8, x.Shape)).ToArray<sbyte>();
        Assert.Equal(x.ToArray<short>().Select(v => (sbyte)Math.Clamp(Math.Floor((v / 256.0) + 0.5), -128, 127)), bytes);
    }

    [Fact]
    public void PoolingFollowsTheRule()
    {
        var random = new Random(34);
        for (int i = 0; i < 200; i++)
        {
            (QuantAveragePoolProblem problem, Tensor x) = WordProblems.Pool(random, countsPads: i % 2 == 0);
            Shape shape = new(1, problem.Channels, problem.Output.H, problem.Output.W);
            Tensor y = Run(QuantAveragePoolKernels.Table, problem, [x], new TensorInfo(problem.YType, shape));
            Assert.Equal(QuantOracle.AveragePool(problem, QuantOracle.Integers(x)), QuantOracle.Integers(y));
            var maximum = new BytePoolProblem(1, problem.Channels, problem.Input, problem.Output, problem.Window) { Type = problem.XType };
            Tensor max = Run(BytePoolKernels.Table, maximum, [x], new TensorInfo(problem.XType, shape));
            int least = problem.XType == DataType.S16 ? short.MinValue : sbyte.MinValue;
            Assert.Equal(QuantOracle.MaxPool(problem.Channels, problem.Input, problem.Output, problem.Window, QuantOracle.Integers(x), least), QuantOracle.Integers(max));
        }
    }

    [Fact]
    public void SoftmaxFollowsTheRule()
    {
        var random = new Random(35);
        for (int i = 0; i < 100; i++)
        {
            double scale = Math.Pow(2, -random.Next(4, 16));
            int[] table = [.. Enumerable.Range(0, 512).Select(d => (int)Math.Round(Math.Exp(-(d < 256 ? d * 256 : d - 256) * scale) * (1 << 24)))];
            var problem = new QuantSoftmaxProblem(random.Next(1, 4), random.Next(1, 40), random.Next(1, 4)) { XType = DataType.S16 };
            Tensor x = WordProblems.Integers(random, DataType.S16, new Shape((int)problem.Outer, problem.Size, (int)problem.Inner));
            float[] y = Run(QuantSoftmaxKernels.Table, problem, [x, Tensor.FromVector<int>(table)], new TensorInfo(DataType.F32, x.Shape)).ToArray<float>();
            Assert.Equal(QuantOracle.Softmax(problem, QuantOracle.Integers(x), table), y);
            Assert.All(y, v => Assert.InRange(v, 0, 1));
            Assert.Equal(problem.Outer * problem.Inner, y.Sum(v => (double)v), 1e-3);
        }
    }

    private static Shape OutputShape(QuantConvProblem problem) => new([problem.Batch, problem.OutChannels, problem.Output.H, problem.Output.W]);

    private static Tensor Run<TProblem>(KernelTable<TProblem> table, TProblem problem, Tensor[] inputs, TensorInfo output) =>
        RowChecks.Run(table.Select(problem, KernelQuery.Reference), problem, inputs, [output])[0];
}
