using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Normalization;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Normalizations: references against values worked out by formula, every other row against the reference.</summary>
public class NormalizationTests
{
    public static TheoryData<int, int, int> Lines => new()
    {
        { 1, 1, 1 }, { 3, 0, 1 }, { 0, 5, 1 }, { 1, 7, 1 }, { 2, 8, 1 }, { 2, 9, 1 }, { 3, 31, 1 }, { 2, 33, 1 }, { 1, 1000, 1 },
        { 2, 5, 3 }, { 2, 5, 4 }, { 1, 7, 8 }, { 2, 3, 9 }, { 1, 21, 257 }, { 1, 3, 600 }, { 2, 1, 17 }, { 2, 0, 17 },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void EverySoftmaxRowAgreesWithTheReference(int outer, int length, int inner)
    {
        Tensor input = RandomTensor.F32(new Shape(outer, length, inner), 1, -20, 20);
        foreach (bool logarithm in new[] { false, true })
        {
            var problem = new SoftmaxProblem(new AxisProblem(DataType.F32, input.Shape, 1), logarithm);
            RowChecks.AgreeWithReference(SoftmaxKernels.Table, problem, [input], [input.Info], 1e-6);
        }
    }

    [Fact]
    public void SoftmaxIsStableAndSumsToOne()
    {
        foreach (Shape shape in new[] { new Shape(1, 40), new Shape(40, 9) })
        {
            Tensor input = RandomTensor.F32(shape, 1, 900, 1100);
            int axis = shape[0] == 1 ? 1 : 0;
            var problem = new SoftmaxProblem(new AxisProblem(DataType.F32, shape, axis), false);
            foreach (KernelRow<SoftmaxProblem> row in SoftmaxKernels.Table.Candidates(problem, Cpu.Features))
            {
                double[] values = RowChecks.Run(row, problem, [input], [input.Info])[0].ToDouble();
                Assert.Equal(axis == 1 ? 1 : 9, values.Sum(), 1e-5);
            }
        }
    }

    [Fact]
    public void SoftmaxPropagatesSpecialValuesAlike()
    {
        foreach (float special in RandomTensor.Specials)
        {
            foreach ((Shape shape, int axis) in new[] { (new Shape(1, 11), 1), (new Shape(11, 9), 0) })
            {
                Tensor input = RandomTensor.F32(shape, 1);
                input.Span<float>()[5] = special;
                RowChecks.AgreeWithReference(SoftmaxKernels.Table, new SoftmaxProblem(new AxisProblem(DataType.F32, shape, axis), false), [input], [input.Info], 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 1)]
    [InlineData(1, 17, 1)]
    [InlineData(2, 5, 7)]
    [InlineData(2, 5, 8)]
    [InlineData(1, 3, 49)]
    [InlineData(0, 3, 4)]
    [InlineData(2, 3, 0)]
    public void EveryBatchNormRowAgreesWithTheFormula(int batch, int channels, int spatial)
    {
        Tensor x = RandomTensor.F32(new Shape(batch, channels, spatial), 1, -3, 3);
        Tensor scale = RandomTensor.F32(new Shape(channels), 2, 0.5f, 2);
        Tensor bias = RandomTensor.F32(new Shape(channels), 3);
        Tensor mean = RandomTensor.F32(new Shape(channels), 4);
        Tensor variance = RandomTensor.F32(new Shape(channels), 5, 0.1f, 2);
        var problem = new BatchNormProblem(DataType.F32, batch, channels, spatial, 1e-3f);
        RowChecks.AgreeWithReference(BatchNormKernels.Table, problem, [x, scale, bias, mean, variance], [x.Info], 1e-6);
        double[] actual = RowChecks.Run(BatchNormKernels.Table.Select(problem, KernelQuery.Reference), problem, [x, scale, bias, mean, variance], [x.Info])[0].ToDouble();
        for (int i = 0; i < actual.Length; i++)
        {
            int c = i / spatial % channels;
            double expected = (scale.ToDouble()[c] * (x.ToDouble()[i] - mean.ToDouble()[c]) / Math.Sqrt(variance.ToDouble()[c] + 1e-3f)) + bias.ToDouble()[c];
            Assert.Equal(expected, actual[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 5)]
    [InlineData(1, 7, 64)]
    [InlineData(1, 8, 7)]
    [InlineData(3, 9, 4)]
    [InlineData(2, 17, 700)]
    [InlineData(0, 9, 4)]
    public void EveryBatchNormRowAppliesActivationsInEveryLayout(int batch, int channels, int spatial)
    {
        Tensor x = RandomTensor.F32WithSpecials(new Shape(batch, channels, spatial), 1);
        Tensor scale = RandomTensor.F32(new Shape(channels), 2, -2, 2);
        Tensor bias = RandomTensor.F32(new Shape(channels), 3);
        Tensor mean = RandomTensor.F32(new Shape(channels), 4);
        Tensor variance = RandomTensor.F32(new Shape(channels), 5, 0.1f, 2);
        foreach (Activation activation in GemmTests.Activations)
        {
            foreach (Layout layout in new[] { Layout.Planar, Layout.Blocked8 })
            {
                var problem = new BatchNormProblem(DataType.F32, batch, channels, spatial, 1e-3f, Activation: activation, Layout: layout);
                // The largest numbers overflow before other activations would have made them smaller.
                Tensor source = Blocked.From(activation.Kind is ActivationKind.None or ActivationKind.Relu ? x : RandomTensor.F32(x.Shape, 1, -3, 3), layout);
                foreach (bool constant in new[] { true, false })
                {
                    string[] rows = RowChecks.AgreeWithReference(
                        BatchNormKernels.Table, problem, [source, scale, bias, mean, variance], [source.Info], 2e-6, [false, constant, constant, constant, constant]);
                    Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || x.Count == 0, "only the reference ran");
                }
            }
        }
    }

    [Fact]
    public void TrainingBatchNormUsesAndMixesStatistics()
    {
        Tensor x = Tensor.From<float>(new Shape(2, 1, 2), [1, 2, 3, 4]);
        Tensor one = Tensor.FromVector(1f);
        Tensor zero = Tensor.FromVector(0f);
        var problem = new BatchNormProblem(DataType.F32, 2, 1, 2, 0, Training: true, Momentum: 0.75f);
        double deviation = Math.Sqrt(1.25);
        float[] expected = [.. new[] { -1.5, -0.5, 0.5, 1.5 }.Select(v => (float)(v / deviation))];
        foreach (KernelRow<BatchNormProblem> row in BatchNormKernels.Table.Candidates(problem, Cpu.Features))
        {
            using Kernel kernel = row.Create(problem);
            Tensor[] outputs = KernelRunner.Run(kernel, [x, one, zero, one, one], [x.Info, one.Info, one.Info]);
            // The naive row is exact; others multiply by a rounded factor.
            Assert.InRange(Close.RelativeError(outputs[0].Span<float>(), expected), 0, row.IsReference() ? 0 : 2e-7);
            Assert.Equal(0.75f + (0.25f * 2.5f), outputs[1].Span<float>()[0]);
            Assert.Equal(0.75f + (0.25f * 1.25f), outputs[2].Span<float>()[0]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(33)]
    [InlineData(768)]
    public void EveryRowNormAgreesWithTheReference(int length)
    {
        Tensor x = RandomTensor.F32(new Shape(5, length), 1, -3, 5);
        Tensor scale = RandomTensor.F32(new Shape(length), 2);
        Tensor bias = RandomTensor.F32(new Shape(length), 3);
        var statistics = new TensorInfo(DataType.F32, new Shape(5));
        foreach (bool centered in new[] { true, false })
        {
            foreach (int given in new[] { 0, 1, 2 })
            {
                foreach (int outputs in new[] { 1, 2, 3 })
                {
                    var problem = new RowNormProblem(
                        DataType.F32, 5, length, 1e-3f, centered, given == 0 ? RowScale.None : RowScale.PerElement, given == 2, Scales: length, Outputs: outputs);
                    Tensor?[] inputs = new Tensor?[] { x, scale, bias }[..(given + 1)];
                    RowChecks.AgreeWithReference(RowNormKernels.Table, problem, inputs, new[] { x.Info, statistics, statistics }[..outputs], 3e-6);
                }
            }
        }
    }

    [Theory]
    [InlineData(2, 6, 1, 6, 3)]
    [InlineData(2, 6, 49, 6, 3)]
    [InlineData(2, 6, 49, 3, 3)]
    [InlineData(1, 8, 15, 8, 8)]
    [InlineData(1, 4, 9, 4, 1)]
    public void GroupsAreScaledPerRun(int batch, int channels, int spatial, int scales, int groups)
    {
        Tensor x = RandomTensor.F32(new Shape(batch, channels, spatial), 1, -3, 5);
        Tensor scale = RandomTensor.F32(new Shape(scales), 2);
        Tensor bias = RandomTensor.F32(new Shape(scales), 3);
        int length = channels / groups * spatial;
        var problem = new RowNormProblem(DataType.F32, batch * groups, length, 1e-3f, true, RowScale.PerRun, true, channels * spatial / scales, scales);
        RowChecks.AgreeWithReference(RowNormKernels.Table, problem, [x, scale, bias], [x.Info], 3e-6);
        using Kernel kernel = RowNormKernels.Table.Select(problem, KernelQuery.Reference).Create(problem);
        double[] actual = KernelRunner.Run(kernel, [x, scale, bias], [x.Info])[0].ToDouble();
        double[] values = x.ToDouble();
        for (int i = 0; i < values.Length; i++)
        {
            double[] group = values[(i / length * length)..((i / length * length) + length)];
            double mean = group.Average();
            double variance = group.Sum(v => (v - mean) * (v - mean)) / length;
            int at = i / spatial % channels * scales / channels;
            double expected = ((values[i] - mean) / Math.Sqrt(variance + 1e-3f) * scale.ToDouble()[at]) + bias.ToDouble()[at];
            Assert.Equal(expected, actual[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 7, 1, 5)]
    [InlineData(2, 7, 9, 5)]
    [InlineData(1, 16, 64, 4)]
    [InlineData(1, 3, 33, 9)]
    [InlineData(1, 3, 0, 3)]
    [InlineData(1, 8, 17, 5)]
    [InlineData(3, 9, 5, 4)]
    [InlineData(1, 17, 40, 1)]
    [InlineData(2, 24, 3, 100)]
    public void LocalResponseNormCutsItsWindowAtTheEnds(int batch, int channels, int spatial, int size)
    {
        Tensor x = RandomTensor.F32(new Shape(batch, channels, spatial), 1, -30, 30);
        var problem = new LocalResponseNormProblem(DataType.F32, batch, channels, spatial, size, 0.01f, 0.75f, 2);
        RowChecks.AgreeWithReference(LocalResponseNormKernels.Table, problem, [x], [x.Info], 2e-6);
        RowChecks.AgreeWithReference(LocalResponseNormKernels.Table, problem with { Beta = 0.6f }, [x], [x.Info], 2e-6);
        Tensor blocked = Blocked.From(x, Layout.Blocked8);
        string[] rows = RowChecks.AgreeWithReference(LocalResponseNormKernels.Table, problem with { Layout = Layout.Blocked8 }, [blocked], [blocked.Info], 2e-6);
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || x.Count == 0, "only the reference ran");
        RowChecks.AgreeWithReference(LocalResponseNormKernels.Table, problem with { Layout = Layout.Blocked8, Beta = 0.6f }, [blocked], [blocked.Info], 2e-6);
        using Kernel kernel = LocalResponseNormKernels.Table.Select(problem, KernelQuery.Reference).Create(problem);
        double[] actual = KernelRunner.Run(kernel, [x], [x.Info])[0].ToDouble();
        double[] values = x.ToDouble();
        for (int i = 0; i < values.Length; i++)
        {
            int channel = i / spatial % channels;
            double sum = Enumerable.Range(channel - ((size - 1) / 2), size).Where(c => c >= 0 && c < channels).Sum(c => Math.Pow(values[i + ((c - channel) * spatial)], 2));
            Assert.Equal(values[i] / Math.Pow(2 + (0.01f / size * sum), 0.75), actual[i], 1e-5);
        }
    }
}
