using Edge.Kernels.Dispatch;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ResizeTests
{
    /// <summary>Input and output dimensions.</summary>
    public static TheoryData<int[], int[]> Shapes => new()
    {
        { [1, 1, 1, 1], [1, 1, 1, 1] },
        { [1, 2, 3, 5], [1, 2, 6, 10] },
        { [2, 3, 7, 17], [2, 3, 14, 34] },
        { [1, 2, 16, 8], [1, 2, 32, 16] },
        { [1, 3, 13, 11], [1, 3, 29, 37] },
        { [1, 2, 31, 33], [1, 2, 9, 16] },
        { [2, 1, 5, 7], [2, 1, 5, 15] },
        { [2, 1, 5, 1], [2, 1, 3, 9] },
        { [9], [4] },
        { [3, 4, 5, 2, 6], [3, 2, 7, 3, 6] },
        { [2, 0, 4, 4], [2, 0, 8, 8] },
        { [2, 3, 7, 5, 8], [2, 3, 14, 10, 8] },
        { [1, 2, 13, 11, 8], [1, 2, 29, 37, 8] },
        { [1, 2, 31, 33, 8], [1, 2, 9, 16, 8] },
        { [2, 3, 9, 8], [2, 3, 18, 8] },
        { [1, 2, 3, 4, 5, 8], [1, 2, 3, 12, 5, 8] },
        { [], [] },
    };

    private static readonly ResizeRule[] Rules =
    [
        .. from mode in Enum.GetValues<ResizeMode>()
           from coordinates in new[] { CoordinateMode.HalfPixel, CoordinateMode.AlignCorners, CoordinateMode.Asymmetric }
           select new ResizeRule { Mode = mode, Coordinates = coordinates, Nearest = NearestMode.Floor },
        new ResizeRule { Mode = ResizeMode.Linear, Antialias = true },
        new ResizeRule { Mode = ResizeMode.Cubic, Antialias = true, CubicA = -0.5f },
        new ResizeRule { Mode = ResizeMode.Cubic, ExcludeOutside = true },
    ];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void EveryFloatRowInterpolates(int[] input, int[] output)
    {
        Tensor x = RandomTensor.F32(new Shape(input), 3);
        foreach (ResizeRule rule in Rules)
        {
            var problem = new ResizeProblem(DataType.F32, Axes(input, output), rule);
            float[] expected = Expected(x, problem);
            foreach (KernelRow<ResizeProblem> row in ResizeKernels.Table.Candidates(problem, Cpu.Features))
            {
                using Kernel kernel = row.Create(problem);
                float[] actual = KernelRunner.Run(kernel, [x], [new TensorInfo(DataType.F32, new Shape(output))], threads: 3)[0].ToArray<float>();
                Assert.True(Close.RelativeError(actual, expected) < 1e-5, $"{row.Name} {rule} error {Close.RelativeError(actual, expected)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void DoubleRowAgreesWithFloat(int[] input, int[] output)
    {
        Tensor x = RandomTensor.F32(new Shape(input), 4);
        Tensor wide = Tensor.From<double>(x.Shape, x.ToDouble());
        var rule = new ResizeRule { Mode = ResizeMode.Cubic };
        var problem = new ResizeProblem(DataType.F64, Axes(input, output), rule);
        using Kernel kernel = ResizeKernels.Table.Prepare(problem, KernelQuery.Default).Kernel;
        double[] actual = KernelRunner.Run(kernel, [wide], [new TensorInfo(DataType.F64, new Shape(output))])[0].ToDouble();
        float[] expected = Expected(x, new ResizeProblem(DataType.F32, problem.Axes, rule));
        Assert.True(Close.RelativeError([.. actual.Select(v => (float)v)], expected) < 1e-5);
    }

    [Theory]
    [InlineData(DataType.U8)]
    [InlineData(DataType.F16)]
    [InlineData(DataType.S32)]
    [InlineData(DataType.F64)]
    public void NearestCopiesElementsOfAnyType(DataType type)
    {
        Tensor x = RandomTensor.Bytes(type, new Shape(2, 3, 5), 5);
        var problem = new ResizeProblem(type, Axes([2, 3, 5], [2, 7, 9]), new ResizeRule { Coordinates = CoordinateMode.Asymmetric, Nearest = NearestMode.Floor });
        int size = type.Size();
        var expected = new List<byte>();
        for (int i = 0; i < 2 * 7 * 9; i++)
        {
            int at = (((i / 63 * 3) + (i / 9 % 7 * 3 / 7)) * 5) + (i % 9 * 5 / 9);
            expected.AddRange(x.ByteSpan().Slice(at * size, size));
        }
        foreach (KernelRow<ResizeProblem> row in ResizeKernels.Table.Candidates(problem, Cpu.Features).Where(r => r.Name.Contains("any")))
        {
            using Kernel kernel = row.Create(problem);
            Assert.Equal(expected, KernelRunner.Run(kernel, [x], [new TensorInfo(type, new Shape(2, 7, 9))])[0].ByteSpan().ToArray());
        }
    }

    [Fact]
    public void DoublingHasARowOfItsOwn()
    {
        var problem = new ResizeProblem(DataType.F32, Axes([1, 8, 20, 20], [1, 8, 40, 40]), new ResizeRule { Coordinates = CoordinateMode.Asymmetric, Nearest = NearestMode.Floor });
        Assert.Equal("resize_f32_v128_nearest2x", ResizeKernels.Table.Select(problem, new KernelQuery(CpuFeatures.Simd128)).Name);
    }

    [Fact]
    public void CropFillsOutputsOutsideTheInput()
    {
        var rule = new ResizeRule { Mode = ResizeMode.Linear, Coordinates = CoordinateMode.TfCropAndResize, Extrapolation = 9 };
        var problem = new ResizeProblem(DataType.F32, [new ResizeAxis(3, 5, 5 / 3f, -0.5f, 1.5f)], rule);
        using Kernel kernel = ResizeKernels.Table.Prepare(problem, KernelQuery.Default).Kernel;
        Tensor y = KernelRunner.Run(kernel, [Tensor.FromVector(1f, 2f, 4f)], [new TensorInfo(DataType.F32, new Shape(5))])[0];
        Assert.Equal([9f, 1, 2, 4, 9], y.ToArray<float>());
    }

    [Theory]
    [InlineData(NearestMode.RoundPreferFloor, 1)]
    [InlineData(NearestMode.RoundPreferCeil, 2)]
    [InlineData(NearestMode.Floor, 1)]
    [InlineData(NearestMode.Ceil, 2)]
    [InlineData(NearestMode.CeilWhenShrinking, 2)]
    public void NearestModesBreakTies(NearestMode mode, int position)
    {
        // Output 1 of 2 stands for coordinate 1.5 of 3.
        var problem = new ResizeProblem(DataType.U8, [new ResizeAxis(3, 2, 2 / 3f)], new ResizeRule { Nearest = mode, Coordinates = CoordinateMode.Asymmetric });
        using Kernel kernel = ResizeKernels.Table.Prepare(problem, KernelQuery.Default).Kernel;
        Assert.Equal(position, KernelRunner.Run(kernel, [Tensor.FromVector<byte>(0, 1, 2)], [new TensorInfo(DataType.U8, new Shape(2))])[0].Span<byte>()[1]);
    }

    [Fact]
    public void DamagedScalesAreRefusedByTheirTables()
    {
        Assert.False(ResizeKernels.IsWithinLimits(new ResizeRule { Mode = ResizeMode.Cubic, Antialias = true }, [new ResizeAxis(int.MaxValue, 1, 1e-30f)]));
        Assert.True(ResizeKernels.IsWithinLimits(new ResizeRule { Mode = ResizeMode.Cubic, Antialias = true }, Axes([4000, 4000], [10, 10])));
    }

    private static ResizeAxis[] Axes(int[] input, int[] output) =>
        [.. input.Zip(output, (i, o) => new ResizeAxis(i, o, i == 0 ? 1 : (float)o / i))];

    /// <summary>One axis after another as dense matrices: row i holds the kernel, sampled at every position from far before to far behind the input.</summary>
    private static float[] Expected(Tensor x, ResizeProblem problem)
    {
        double[] values = x.ToDouble();
        int[] dims = x.Shape.ToArray();
        for (int axis = 0; axis < dims.Length; axis++)
        {
            ResizeAxis resized = problem.Axes[axis];
            double[][] matrix = [.. Enumerable.Range(0, resized.Output).Select(i => Row(problem.Rule, resized, i))];
            long inner = new Shape(dims).CountRange(axis + 1, dims.Length);
            dims[axis] = resized.Output;
            var next = new double[new Shape(dims).Count];
            for (long k = 0; k < next.Length; k++)
            {
                long i = k / inner % resized.Output;
                long start = k / inner / resized.Output * resized.Input * inner;
                for (int j = 0; j < resized.Input; j++)
                {
                    next[k] += matrix[i][j] * values[start + (j * inner) + (k % inner)];
                }
            }
            values = next;
        }
        return [.. values.Select(v => (float)v)];
    }

    private static double[] Row(ResizeRule rule, ResizeAxis axis, int i)
    {
        double scale = (double)axis.Output / axis.Input;
        double x = rule.Coordinates switch
        {
            CoordinateMode.HalfPixel => ((i + 0.5) / scale) - 0.5,
            CoordinateMode.AlignCorners => axis.Output == 1 ? 0 : (double)i * (axis.Input - 1) / (axis.Output - 1),
            _ => (double)i * axis.Input / axis.Output,
        };
        var row = new double[axis.Input];
        if (rule.Mode == ResizeMode.Nearest)
        {
            row[(int)Math.Clamp(Math.Floor(x + 1e-9), 0, axis.Input - 1)] = 1;
            return row;
        }
        double shrink = rule.Antialias ? Math.Min(1, scale) : 1;
        for (int p = -100; p < axis.Input + 100; p++)
        {
            bool inside = p >= 0 && p < axis.Input;
            double d = Math.Abs(p - x) * shrink;
            double a = rule.CubicA;
            double weight = rule.Mode == ResizeMode.Linear
                ? Math.Max(0, 1 - d)
                : d < 1 ? ((a + 2) * Math.Pow(d, 3)) - ((a + 3) * d * d) + 1 : d < 2 ? (a * Math.Pow(d, 3)) - (5 * a * d * d) + (8 * a * d) - (4 * a) : 0;
            row[Math.Clamp(p, 0, axis.Input - 1)] += inside || !rule.ExcludeOutside ? weight : 0;
        }
        double sum = row.Sum();
        return [.. row.Select(w => w / sum)];
    }
}
