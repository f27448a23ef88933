using Edge.Kernels.Pooling;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class QuantKernelTests
{
    [Fact]
    public void EveryAddRowGivesTheBitsOfTheReference()
    {
        var random = new Random(2);
        var compared = new Dictionary<string, long>();
        for (int i = 0; i < 600; i++)
        {
            var shape = new Shape(random.Next(1, 500));
            QuantAddProblem problem = QuantProblems.Add(random, shape.Count);
            QuantCases.Compare(
                QuantAddKernels.Table, problem, [QuantProblems.Bytes(random, shape), QuantProblems.Bytes(random, shape)], new TensorInfo(DataType.S8, shape), [false, false], compared);
        }
        for (int i = 0; i < 1500; i++)
        {
            (QuantAddProblem problem, Tensor a, Tensor b) = WordProblems.Add(random, random.Next(1, 500));
            QuantCases.Compare(QuantAddKernels.Table, problem, [a, b], new TensorInfo(problem.YType, a.Shape), [false, false], compared);
        }
        QuantCases.RequireEach(QuantAddKernels.Table, compared);
    }

    [Fact]
    public void AdditionRounds()
    {
        // (a + b) / 2 with half a step: ties upwards.
        var problem = new QuantAddProblem(4, 1, 1, 1, 1, -128, 127);
        Tensor a = Tensor.FromVector<sbyte>(1, 2, -128, 127);
        Tensor b = Tensor.FromVector<sbyte>(2, -5, -128, 127);
        Tensor y = RowChecks.Run(QuantAddKernels.Table.Rows[^1], problem, [a, b], [new TensorInfo(DataType.S8, a.Shape)])[0];
        Assert.Equal(new sbyte[] { 2, -1, -128, 127 }, y.ToArray<sbyte>());
    }

    [Fact]
    public void EveryTableRowLooksUp()
    {
        var random = new Random(3);
        var compared = new Dictionary<string, long>();
        for (int i = 0; i < 400; i++)
        {
            var shape = new Shape(random.Next(1, 600));
            Tensor x = QuantProblems.Bytes(random, shape);
            Tensor table = RandomTensor.Bytes(DataType.S8, new Shape(256), i);
            QuantCases.Compare(QuantTableKernels.Table, new QuantTableProblem(shape.Count), [x, table], new TensorInfo(DataType.S8, shape), [false, true], compared);
            Tensor y = RowChecks.Run(QuantTableKernels.Table.Rows[^1], new QuantTableProblem(shape.Count), [x, table], [new TensorInfo(DataType.S8, shape)])[0];
            Assert.Equal(x.ToArray<sbyte>().Select(v => table.ToArray<sbyte>()[v + 128]), y.ToArray<sbyte>());
        }
        for (int i = 0; i < 1000; i++)
        {
            (QuantTableProblem problem, Tensor x, Tensor table) = WordProblems.Table(random, random.Next(1, 600));
            QuantCases.Compare(QuantTableKernels.Table, problem, [x, table], new TensorInfo(problem.YType, x.Shape), [false, true], compared);
        }
        QuantCases.RequireEach(QuantTableKernels.Table, compared);
    }

    [Fact]
    public void EveryRowOfGroupsExpandsToTheFormula()
    {
        var random = new Random(9);
        var compared = new Dictionary<string, long>();
        for (int i = 0; i < 800; i++)
        {
            int bits = i % 3 == 0 ? 8 : 4;
            var problem = new GroupDequantizeProblem(random.Next(1, 9), random.Next(1, 130), bits, i % 4 == 0 ? random.Next(1, 70) : 16 * random.Next(1, 5), 0.013f);
            Tensor q = RandomTensor.Bytes(DataType.U8, new Shape(problem.Rows, problem.RowBytes), i);
            Tensor scales = Tensor.From<Half>(new Shape(problem.Rows, problem.RowGroups), [.. Enumerable.Range(0, problem.Rows * problem.RowGroups).Select(_ => (Half)(random.NextDouble() * 100))]);
            var info = new TensorInfo(DataType.F32, new Shape(problem.Rows, problem.Row));
            QuantCases.Compare(GroupDequantizeKernels.Table, problem, [q, scales], info, [true, true], compared);
            float[] y = RowChecks.Run(GroupDequantizeKernels.Table.Rows[^1], problem, [q, scales], [info])[0].ToArray<float>();
            byte[] numbers = q.ToArray<byte>();
            Half[] factors = scales.ToArray<Half>();
            Assert.Equal(Enumerable.Range(0, y.Length).Select(at => Expanded(problem, numbers, factors, at / problem.Row, at % problem.Row)), y);
        }
        QuantCases.RequireEach(GroupDequantizeKernels.Table, compared);
    }

    private static float Expanded(GroupDequantizeProblem problem, byte[] q, Half[] scales, int row, int column)
    {
        int at = row * problem.RowBytes;
        int integer = problem.Bits == 8 ? (sbyte)q[at + column] : column % 2 == 0 ? (sbyte)(q[at + (column / 2)] << 4) >> 4 : (sbyte)q[at + (column / 2)] >> 4;
        return integer * ((float)scales[(row * problem.RowGroups) + (column / problem.Group)] * problem.Unit);
    }

    [Fact]
    public void EveryPoolingRowGivesTheBitsOfTheReference()
    {
        var random = new Random(4);
        var averages = new Dictionary<string, long>();
        var maxima = new Dictionary<string, long>();
        for (int i = 0; i < 1000; i++)
        {
            (QuantAveragePoolProblem average, Tensor x) = i % 2 == 0 ? QuantProblems.Pool(random, countsPads: i % 4 == 0) : WordProblems.Pool(random, countsPads: i % 4 == 1);
            var maximum = new BytePoolProblem(1, average.Channels, average.Input, average.Output, average.Window) { Type = average.XType };
            var shape = new Shape(1, average.Channels, average.Output.H, average.Output.W);
            QuantCases.Compare(QuantAveragePoolKernels.Table, average, [x], new TensorInfo(average.YType, shape), [false], averages);
            QuantCases.Compare(BytePoolKernels.Table, maximum, [x], new TensorInfo(average.XType, shape), [false], maxima);
            if (average.IsBytes)
            {
                CheckMax(x, maximum, new TensorInfo(DataType.S8, shape));
            }
        }
        QuantCases.RequireEach(QuantAveragePoolKernels.Table, averages);
        QuantCases.RequireEach(BytePoolKernels.Table, maxima);
    }

    [Fact]
    public void MeansAreRounded()
    {
        var problem = new QuantAveragePoolProblem(1, 1, new Extent(1, 1, 3), Extent.One, Window.Of(new Extent(1, 1, 3)), false, -3, 10, -128, 127, 0.5f, Layout.Planar);
        Tensor x = Tensor.From<sbyte>(new Shape(1, 1, 3), [1, 2, 6]);
        // (4 + 5 + 9) / 3 * 0.5 = 3, and 10.
        Tensor y = RowChecks.Run(QuantAveragePoolKernels.Table.Rows[^1], problem, [x], [new TensorInfo(DataType.S8, new Shape(1, 1, 1))])[0];
        Assert.Equal(13, y.ToArray<sbyte>()[0]);
    }

    [Fact]
    public void SoftmaxDividesTableEntries()
    {
        Tensor table = Tensor.Allocate(DataType.S32, new Shape(256));
        for (int i = 0; i < 256; i++)
        {
            table.Span<int>()[i] = (int)Math.Round(Math.Exp(-i * 0.1) * (1 << 24));
        }
        Tensor x = Tensor.From<sbyte>(new Shape(2, 3), [-128, 127, 120, 5, 5, -5]);
        Tensor y = RowChecks.Run(QuantSoftmaxKernels.Table.Rows[^1], new QuantSoftmaxProblem(2, 3, 1), [x, table], [new TensorInfo(DataType.F32, x.Shape)])[0];
        float[] actual = y.ToArray<float>();
        double first = Math.Exp(-25.5) + 1 + Math.Exp(-0.7);
        double second = 2 + Math.Exp(-1);
        double[] expected = [Math.Exp(-25.5) / first, 1 / first, Math.Exp(-0.7) / first, 1 / second, 1 / second, Math.Exp(-1) / second];
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-6));
    }

    /// <summary>The same maximum from the row for planar tensors.</summary>
    private static void CheckMax(Tensor x, BytePoolProblem problem, TensorInfo info)
    {
        var planar = new PoolProblem(DataType.S8, problem.Channels, problem.Input, problem.Output, problem.Window);
        Tensor last = Tensor.From<sbyte>(x.Shape, Reordered(x.ToArray<sbyte>(), problem.Channels, problem.Input.Count, toLast: true));
        sbyte[] expected = RowChecks.Run(MaxPoolKernels.Table.Rows[^1], planar, [x], [info])[0].ToArray<sbyte>();
        sbyte[] actual = RowChecks.Run(BytePoolKernels.Table.Rows[^1], problem, [last], [info])[0].ToArray<sbyte>();
        Assert.Equal(expected, Reordered(actual, problem.Channels, problem.Output.Count, toLast: false));
    }

    private static sbyte[] Reordered(sbyte[] values, int channels, long positions, bool toLast)
    {
        var result = new sbyte[values.Length];
        for (int c = 0; c < channels; c++)
        {
            for (int p = 0; p < positions; p++)
            {
                (long planar, long last) = ((c * positions) + p, (p * (long)channels) + c);
                result[toLast ? last : planar] = values[toLast ? planar : last];
            }
        }
        return result;
    }
}
