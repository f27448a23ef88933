using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class QuantizeTests
{
    private static readonly DataType[] Narrow = [DataType.U8, DataType.S8, DataType.U16, DataType.S16];

    public static TheoryData<int> Counts => [0, 1, 3, 15, 16, 17, 31, 97, 8191, 8192, 8209, 20011];

    /// <summary>Shape, axis, block size: 0 = per axis.</summary>
    public static TheoryData<int[], int, int> Grids => new()
    {
        { [5], 0, 0 },
        { [2, 3, 4, 5], 1, 0 },
        { [2, 3, 4, 5], 3, 0 },
        { [2, 3, 4, 5], 0, 0 },
        { [3, 0, 2], 2, 0 },
        { [0], 0, 0 },
        { [7], 0, 3 },
        { [3, 7, 2], 1, 2 },
        { [3, 6, 2], 1, 3 },
        { [4, 5], 0, 1 },
        { [4, 5], 1, 99 },
        { [0, 5], 1, 2 },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void EveryRowQuantizesWithOneScale(int count)
    {
        foreach (DataType type in Narrow)
        {
            foreach (int zero in Zeros(type))
            {
                Tensor x = RandomTensor.F32(new Shape(count), count + zero, -300, 300);
                Strew(x.Span<float>(), 0.5f);
                foreach (bool hasZero in new[] { true, false })
                {
                    var problem = new QuantizeProblem(DataType.F32, type, ScaleGrid.PerTensor(count), hasZero);
                    CheckQuantize(problem, x, [0.5f], [hasZero ? zero : 0], _ => 0);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void EveryRowDequantizesWithOneScale(int count)
    {
        foreach (DataType type in Narrow)
        {
            foreach (int zero in Zeros(type))
            {
                Tensor x = RandomTensor.Bytes(type, new Shape(count), count);
                CheckDequantize(new DequantizeProblem(type, ScaleGrid.PerTensor(count), true), x, [0.37f], [zero], _ => 0);
                CheckDequantize(new DequantizeProblem(type, ScaleGrid.PerTensor(count), false), x, [-3e-5f], [0], _ => 0);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void EveryElementHasItsOwnScale(int[] dims, int axis, int block)
    {
        var shape = new Shape(dims);
        ScaleGrid grid = block == 0 ? ScaleGrid.PerAxis(shape, axis) : ScaleGrid.Blocked(shape, axis, block);
        Shape scaleShape = block == 0 ? new Shape(dims[axis]) : shape.With(axis, (dims[axis] + block - 1) / block);
        int ScaleOf(int element) => block == 0 ? Decode(element, dims)[axis] : Encode(Decode(element, dims), scaleShape.ToArray(), axis, block);
        float[] scales = [.. Enumerable.Range(0, (int)scaleShape.Count).Select(i => 0.25f + (0.125f * i))];
        foreach (DataType type in Narrow)
        {
            int[] zeros = [.. scales.Select((_, i) => i % 100)];
            CheckQuantize(new QuantizeProblem(DataType.F32, type, grid, true), RandomTensor.F32(shape, 3, -20, 20), scales, zeros, ScaleOf);
            CheckDequantize(new DequantizeProblem(type, grid, true), RandomTensor.Bytes(type, shape, 4), scales, zeros, ScaleOf);
        }
    }

    [Fact]
    public void WholeNumbersAreDividedInDouble()
    {
        Tensor x = Tensor.FromVector(int.MinValue, -16777217, -5, 0, 5, 7, 16777217, int.MaxValue);
        foreach (DataType type in Narrow)
        {
            CheckQuantize(new QuantizeProblem(DataType.S32, type, ScaleGrid.PerTensor(x.Count), true), x, [2f], [9], _ => 0);
            CheckQuantize(new QuantizeProblem(DataType.S32, type, ScaleGrid.PerTensor(x.Count), true), x, [131072.5f], [9], _ => 0);
        }
        CheckDequantize(new DequantizeProblem(DataType.S32, ScaleGrid.PerTensor(x.Count), true), x, [1e-3f], [-1], _ => 0);
    }

    [Theory]
    [InlineData(DataType.U8, 7, 255, 0)]
    [InlineData(DataType.S8, -7, 127, -128)]
    public void SpecialValuesSaturateAndNaNIsTheZeroPoint(DataType type, int zero, int high, int low)
    {
        // 16 elements and a tail, so that both parts of a vector row see every value.
        float[] pattern = [float.NaN, -0f, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue];
        int[] expected = [zero, zero, high, low, zero, zero, high, low];
        float[] values = [.. pattern, .. pattern, .. pattern];
        var problem = new QuantizeProblem(DataType.F32, type, ScaleGrid.PerTensor(values.Length), true);
        foreach (KernelRow<QuantizeProblem> row in QuantizeKernels.Table.Candidates(problem, Cpu.Features))
        {
            Tensor y = Run(row.Create(problem), [Tensor.FromVector<float>(values), Tensor.FromScalar(1f), Integers(type, [zero])], new TensorInfo(type, new Shape(values.Length)));
            Assert.Equal([.. expected, .. expected, .. expected], y.ToInt64().Select(v => (int)v));
        }
    }

    [Fact]
    public void TiesGoToTheEvenNeighbour()
    {
        Tensor x = Tensor.FromVector(0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 3.4999998f, 127.5f, -128.5f);
        var problem = new QuantizeProblem(DataType.F32, DataType.S8, ScaleGrid.PerTensor(x.Count), false);
        Tensor y = Run(QuantizeKernels.Table.Select(problem, KernelQuery.Reference).Create(problem), [x, Tensor.FromScalar(1f), null], new TensorInfo(DataType.S8, x.Shape));
        Assert.Equal([0, 2, 2, 0, -2, -2, 3, 127, -128], y.ToInt64().Select(v => (int)v));
    }

    [Theory]
    [InlineData(new float[0], 1f, 0)]
    [InlineData(new[] { 0f, 0f }, 1f, 0)]
    [InlineData(new[] { 1f, 255f }, 1f, 0)]
    [InlineData(new[] { -255f, -1f }, 1f, 255)]
    [InlineData(new[] { -51f, 204f, float.NaN }, 1f, 51)]
    [InlineData(new[] { -1.5f, 126f }, 0.5f, 3)]
    public void DynamicRangeIncludesZero(float[] values, float scale, int zero)
    {
        var problem = new DynamicQuantizeProblem(values.Length);
        foreach (KernelRow<DynamicQuantizeProblem> row in DynamicQuantizeKernels.Table.Candidates(problem, Cpu.Features))
        {
            using Kernel kernel = row.Create(problem);
            var infos = new TensorInfo[] { new(DataType.U8, new Shape(values.Length)), new(DataType.F32, Shape.Scalar), new(DataType.U8, Shape.Scalar) };
            Tensor[] results = KernelRunner.Run(kernel, [Tensor.FromVector<float>(values)], infos);
            Assert.Equal(scale, results[1].Span<float>()[0]);
            Assert.Equal(zero, results[2].Span<byte>()[0]);
            Assert.Equal(values.Select(v => Expected(v / scale, zero, 0, 255)), results[0].ToInt64().Select(v => (int)v));
        }
    }

    private static void CheckQuantize(QuantizeProblem problem, Tensor x, float[] scales, int[] zeros, Func<int, int> scaleOf)
    {
        (int low, int high) = Limits(problem.To);
        double[] values = x.ToDouble();
        int[] expected = [.. values.Select((v, i) => Expected(
            problem.From == DataType.F32 ? (float)v / scales[scaleOf(i)] : v / scales[scaleOf(i)], zeros[scaleOf(i)], low, high))];
        Tensor?[] inputs = [x, Tensor.FromVector<float>(scales), problem.HasZeroPoint ? Integers(problem.To, zeros) : null];
        foreach (KernelRow<QuantizeProblem> row in QuantizeKernels.Table.Candidates(problem, Cpu.Features))
        {
            Tensor y = Run(row.Create(problem), inputs, new TensorInfo(problem.To, x.Shape));
            Assert.Equal(expected, y.ToInt64().Select(v => (int)v));
        }
    }

    private static void CheckDequantize(DequantizeProblem problem, Tensor x, float[] scales, int[] zeros, Func<int, int> scaleOf)
    {
        float[] expected = [.. x.ToInt64().Select((v, i) => (v - zeros[scaleOf(i)]) * scales[scaleOf(i)])];
        Tensor?[] inputs = [x, Tensor.FromVector<float>(scales), problem.HasZeroPoint ? Integers(problem.From, zeros) : null];
        foreach (KernelRow<DequantizeProblem> row in DequantizeKernels.Table.Candidates(problem, Cpu.Features))
        {
            Tensor y = Run(row.Create(problem), inputs, new TensorInfo(DataType.F32, x.Shape));
            Assert.Equal(expected, y.ToArray<float>());
        }
    }

    private static Tensor Run(Kernel kernel, Tensor?[] inputs, TensorInfo output)
    {
        using (kernel)
        {
            return KernelRunner.Run(kernel, inputs, [output], threads: 2)[0];
        }
    }

    private static int Expected(double ratio, int zero, int low, int high)
    {
        if (double.IsNaN(ratio))
        {
            return zero;
        }
        double rounded = Math.Floor(ratio);
        double rest = ratio - rounded;
        rounded += rest > 0.5 || (rest == 0.5 && rounded % 2 != 0) ? 1 : 0;
        return (int)Math.Min(high, Math.Max(low, rounded + zero));
    }

    /// <summary>Exact ties among the values.</summary>
    private static void Strew(Span<float> values, float scale)
    {
        for (int i = 0; i < values.Length; i += 5)
        {
            values[i] = (MathF.Floor(values[i]) + 0.5f) * scale;
        }
    }

    private static int[] Zeros(DataType type)
    {
        (int low, int high) = Limits(type);
        return [low, 3, high];
    }

    private static (int Low, int High) Limits(DataType type) => type switch
    {
        DataType.U8 => (0, 255),
        DataType.S8 => (-128, 127),
        DataType.U16 => (0, 65535),
        _ => (-32768, 32767),
    };

    private static Tensor Integers(DataType type, int[] values) => type switch
    {
        DataType.U8 => Tensor.FromVector<byte>([.. values.Select(v => (byte)v)]),
        DataType.S8 => Tensor.FromVector<sbyte>([.. values.Select(v => (sbyte)v)]),
        DataType.U16 => Tensor.FromVector<ushort>([.. values.Select(v => (ushort)v)]),
        DataType.S16 => Tensor.FromVector<short>([.. values.Select(v => (short)v)]),
        _ => Tensor.FromVector<int>(values),
    };

    private static int[] Decode(int element, int[] dims)
    {
        var index = new int[dims.Length];
        for (int axis = dims.Length - 1; axis >= 0; axis--)
        {
            index[axis] = element % dims[axis];
            element /= dims[axis];
        }
        return index;
    }

    private static int Encode(int[] index, int[] dims, int axis, int block)
    {
        int offset = 0;
        for (int i = 0; i < dims.Length; i++)
        {
            offset = (offset * dims[i]) + (i == axis ? index[i] / block : index[i]);
        }
        return offset;
    }
}
