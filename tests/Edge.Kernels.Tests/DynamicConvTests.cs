using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class DynamicConvTests
{
    [Fact]
    public void EveryRowGivesTheBitsOfTheReference()
    {
        var random = new Random(3);
        var compared = new Dictionary<string, long>();
        for (int i = 0; i < 500; i++)
        {
            Check(random, (i % 5) switch { 0 => Matrix(random), 1 => Windows(random, ConvKind.Square), 2 => Windows(random, ConvKind.Line), _ => Windows(random, ConvKind.Dense) }, compared);
        }
        QuantCases.RequireEach(DynamicConvKernels.Table, compared);
    }

    [Fact]
    public void TheReferenceComputesTheFormula()
    {
        // Range -1 to 4: scale 5/255, zero 51 - 128 = -77. x = 4, -1, 0, 1 are 204, -51, 0, 51 steps.
        var problem = new DynamicConvProblem(
            1, 1, 2, 1, new Extent(1, 1, 4), new Extent(1, 1, 3), Window.Of(new Extent(1, 1, 2)), true, -1.5f, 20, Layout.Planar, Layout.Planar);
        Tensor x = Tensor.From<float>(new Shape(1, 1, 4), [4, -1, 0, 1]);
        Tensor w = Tensor.From<sbyte>(new Shape(2, 1, 2), [2, 1, -3, 127]);
        Tensor y = RowChecks.Run(
            DynamicConvKernels.Table.Rows[^1], problem, [x, w, Tensor.FromVector(0.5f, 2f), Tensor.FromVector(0.25f, -1f)], [new TensorInfo(DataType.F32, new Shape(1, 2, 3))])[0];
        float step = 5f / 255f;
        float First(int sum) => Math.Clamp((sum * (step * 0.5f)) + 0.25f, -1.5f, 20);
        float Second(int sum) => Math.Clamp((sum * (step * 2f)) - 1f, -1.5f, 20);
        Assert.Equal([First(408 - 51), First(-102), First(51), Second(-612 - (51 * 127)), Second(153), Second(51 * 127)], y.ToArray<float>());
        Assert.Equal(-1.5f, y.ToArray<float>()[3]);
        Assert.Equal(20f, y.ToArray<float>()[5]);
    }

    [Theory]
    [InlineData(0, 0, 1, -128)]
    [InlineData(0, 255, 1, -128)]
    [InlineData(-255, 0, 1, 127)]
    [InlineData(-127.5f, 127.5f, 1, 0)] // 127.5 is a tie, to the even 128
    [InlineData(-1e-44f, 1e-44f, 1, -128)] // steps below the least normal number
    [InlineData(0, float.PositiveInfinity, float.MaxValue / 255, -128)]
    [InlineData(float.NegativeInfinity, float.PositiveInfinity, (float.MaxValue / 255) + (float.MaxValue / 255), 0)]
    public void TheScaleFollowsTheRange(float min, float max, float scale, int zero)
    {
        DynamicScale actual = DynamicScale.Of(min, max);
        Assert.Equal((scale, zero), (actual.Scale, actual.Zero));
        Assert.Equal(1 / scale, actual.Inverse);
        Assert.Equal(zero, actual.Quantize(0));
        Assert.Equal(zero, actual.Quantize(float.NaN));
        Assert.InRange(actual.Quantize(float.PositiveInfinity), zero, sbyte.MaxValue);
        Assert.Equal(sbyte.MaxValue, actual.Quantize(float.PositiveInfinity));
        Assert.Equal(sbyte.MinValue, actual.Quantize(float.NegativeInfinity));
    }

    [Fact]
    public void WhatIsQuantizedDiffersByHalfAStep()
    {
        var random = new Random(5);
        for (int i = 0; i < 2000; i++)
        {
            float min = -random.NextSingle() * MathF.Pow(10, random.Next(-20, 20));
            float max = random.NextSingle() * MathF.Pow(10, random.Next(-20, 20));
            DynamicScale scale = DynamicScale.Of(min, max);
            Assert.Equal(0, (scale.Quantize(0) - scale.Zero) * scale.Scale);
            float x = min + ((max - min) * random.NextSingle());
            // Rounding the zero point moves the range by up to half a step.
            Assert.True(Math.Abs(((scale.Quantize(x) - scale.Zero) * (double)scale.Scale) - x) <= scale.Scale * 1.001, $"{x} in {min} to {max}");
        }
    }

    private static void Check(Random random, DynamicConvProblem problem, Dictionary<string, long> compared)
    {
        bool isMatrix = problem.InputLayout == Layout.ChannelsLast;
        Tensor planar = Numbers(random, isMatrix ? new Shape(problem.Input.H, problem.InChannels) : new Shape(problem.Batch, problem.InChannels, problem.Input.H, problem.Input.W));
        Tensor x = isMatrix ? planar : Blocked.From(planar, problem.InputLayout);
        Tensor w = QuantProblems.Bytes(random, new Shape([problem.OutChannels, problem.GroupInChannels, problem.Window.Kernel.H, problem.Window.Kernel.W]), problem.NarrowWeights ? -127 : -128);
        Tensor scales = Floats(new Shape(problem.OutChannels), () => random.Next(6) == 0 ? 0 : random.NextSingle() * MathF.Pow(10, random.Next(-8, 2)));
        Tensor bias = Floats(new Shape(problem.OutChannels), () => random.Next(6) == 0 ? -0f : random.NextSingle() - 0.5f);
        var output = new TensorInfo(DataType.F32, isMatrix ? new Shape(problem.Output.H, problem.OutChannels) : new Shape(problem.Batch, problem.OutChannels, problem.Output.H, problem.Output.W))
        {
            Layout = isMatrix ? Layout.Planar : problem.OutputLayout,
        };
        Tensor?[] inputs = [x, w, scales, problem.HasBias ? bias : null];
        byte[] expected = Blocked.Planar(RowChecks.Run(DynamicConvKernels.Table.Select(problem, KernelQuery.Reference), problem, inputs, [output])[0]).ByteSpan().ToArray();
        foreach (KernelRow<DynamicConvProblem> row in DynamicConvKernels.Table.Candidates(problem, QuantCases.Features))
        {
            foreach (bool bound in new[] { true, false })
            {
                Tensor actual = Blocked.Planar(RowChecks.Run(row, problem, inputs, [output], bound ? [false, true, true, problem.HasBias] : null, bound ? 1 : 2)[0]);
                Assert.True(actual.ByteSpan().SequenceEqual(expected), $"{row.Name} differs from the reference for {problem}");
            }
            compared[row.Name] = compared.GetValueOrDefault(row.Name) + (expected.Length / sizeof(float));
        }
    }

    /// <summary>Windows, strides, dilations, padding and groups, from planar images or blocks to blocks.</summary>
    private static DynamicConvProblem Windows(Random random, ConvKind kind)
    {
        QuantConvProblem bytes = QuantProblems.Conv(random, kind).Problem;
        if (bytes.Groups > 1)
        {
            bytes = bytes with { OutChannels = bytes.Groups * Layouts.Block * random.Next(1, 5) };
        }
        (float least, float most) = Limits(random);
        return new DynamicConvProblem(
            bytes.Batch, bytes.InChannels, bytes.OutChannels, bytes.Groups, bytes.Input, bytes.Output, bytes.Window, random.Next(3) > 0, least, most,
            random.Next(2) == 0 ? Layout.Planar : Layout.Blocked8, Layout.Blocked8)
        {
            NarrowWeights = bytes.NarrowWeights,
            WeightSum = bytes.Taps * 128,
        };
    }

    private static DynamicConvProblem Matrix(Random random)
    {
        var rows = new Extent(1, random.Next(3) == 0 ? 1 : random.Next(1, 40), 1);
        (float least, float most) = Limits(random);
        return new DynamicConvProblem(
            1, random.Next(1, 400), random.Next(1, 80), 1, rows, rows, Window.Of(Extent.One), random.Next(3) > 0, least, most, Layout.ChannelsLast, Layout.ChannelsLast)
        {
            NarrowWeights = random.Next(4) > 0,
        };
    }

    private static (float Least, float Most) Limits(Random random) => random.Next(3) switch
    {
        0 => (0, float.PositiveInfinity),
        1 => (0, 6),
        _ => (float.NegativeInfinity, float.PositiveInfinity),
    };

    /// <summary>Zeros, one number, one sign, huge and tiny ones, and what is no number.</summary>
    private static Tensor Numbers(Random random, Shape shape)
    {
        int kind = random.Next(10);
        float size = kind == 9 ? MathF.Pow(10, random.Next(-44, 38)) : 3;
        float constant = (random.NextSingle() - 0.5f) * 10;
        return Floats(shape, () => kind switch
        {
            0 => 0,
            1 => constant,
            2 => random.NextSingle(),
            3 => -random.NextSingle(),
            4 => random.Next(40) switch { 0 => float.NaN, 1 => float.PositiveInfinity, 2 => float.NegativeInfinity, 3 => BitConverter.Int32BitsToSingle(0x7F800001), _ => random.NextSingle() - 0.5f },
            5 => random.Next(40) switch { 0 => float.NaN, 1 => -0f, _ => random.NextSingle() * 2 },
            6 => random.Next(-5, 6) * 0.5f,
            _ => (random.NextSingle() - 0.5f) * size,
        });
    }

    private static Tensor Floats(Shape shape, Func<float> next)
    {
        Tensor tensor = Tensor.Allocate(DataType.F32, shape);
        foreach (ref float value in tensor.Span<float>())
        {
            value = next();
        }
        return tensor;
    }
}
