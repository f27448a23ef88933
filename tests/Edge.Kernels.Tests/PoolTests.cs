using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class PoolTests
{
    /// <summary>Planes, then (D, H, W each): input, kernel, stride, dilation, pads at the beginning and end; ceil mode.</summary>
    public static TheoryData<int, int[], int[], int[], int[], int[], int[], bool> Cases => new()
    {
        { 1, [1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0], false },
        { 3, [1, 8, 8], [1, 2, 2], [1, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0], false },
        { 2, [1, 13, 17], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 1], false },
        { 2, [1, 13, 18], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0], true },
        { 5, [1, 7, 9], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1], false },
        { 1, [1, 31, 33], [1, 5, 4], [1, 3, 1], [1, 2, 3], [0, 4, 0], [0, 1, 5], false },
        { 2, [1, 1, 50], [1, 1, 4], [1, 1, 3], [1, 1, 2], [0, 0, 2], [0, 0, 1], true },
        { 2, [4, 5, 6], [2, 3, 2], [2, 1, 2], [1, 2, 1], [1, 0, 1], [0, 1, 1], true },
        { 1, [1, 1, 1], [1, 2, 2], [1, 1, 1], [1, 2, 2], [0, 1, 1], [0, 1, 1], false },
        { 1, [1, 200, 70], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 0, 1], [0, 1, 0], false },
        { 40, [1, 7, 7], [1, 7, 7], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0], false },
        { 0, [1, 7, 7], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0], false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowAgrees(int planes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] begin, int[] end, bool ceil)
    {
        PoolProblem problem = Problem(planes, input, kernel, stride, dilation, begin, end, ceil);
        Tensor x = RandomTensor.F32(new Shape(planes, (int)problem.Input.Count), 1);
        TensorInfo[] output = [new TensorInfo(DataType.F32, new Shape(planes, (int)problem.Output.Count))];
        RowChecks.AgreeWithReference(MaxPoolKernels.Table, problem, [x], output, 0);
        RowChecks.AgreeWithReference(AveragePoolKernels.Table, problem, [x], output, 1e-6);
        RowChecks.AgreeWithReference(AveragePoolKernels.Table, problem with { CountIncludePad = true }, [x], output, 1e-6);
        foreach (int p in new[] { 1, 2, 3 })
        {
            RowChecks.AgreeWithReference(LpPoolKernels.Table, problem with { P = p }, [x], output, 1e-6);
        }
        string[] rows = [.. MaxPoolKernels.Table.Candidates(problem, Cpu.Features).Select(r => r.Name)];
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || planes == 0, "only the reference ran");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowOfBlocksAgrees(int planes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] begin, int[] end, bool ceil)
    {
        foreach ((int batch, int channels) in new[] { (1, 1), (2, 3), (1, 7), (1, 8), (1, 9), (2, 17) })
        {
            PoolProblem problem = InBlocks(Problem(planes, input, kernel, stride, dilation, begin, end, ceil), planes == 0 ? 0 : batch, channels);
            Tensor x = Blocked.Random(new Shape(planes == 0 ? 0 : batch, channels, (int)problem.Input.Count), Layout.Blocked8, 1);
            TensorInfo[] output = [x.Info with { Shape = x.Shape.With(2, (int)problem.Output.Count) }];
            string[] rows = RowChecks.AgreeWithReference(MaxPoolKernels.Table, problem, [x], output, 0);
            Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || planes == 0, "only the reference ran");
            RowChecks.AgreeWithReference(AveragePoolKernels.Table, problem, [x], output, 1e-6);
            RowChecks.AgreeWithReference(AveragePoolKernels.Table, problem with { CountIncludePad = true }, [x], output, 1e-6);
            foreach (int p in new[] { 1, 2, 3 })
            {
                RowChecks.AgreeWithReference(LpPoolKernels.Table, problem with { P = p }, [x], output, 1e-6);
            }
        }
    }

    [Fact]
    public void LayoutsPoolAlike()
    {
        PoolProblem problem = Problem(9, [1, 9, 20], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 0], [0, 1, 2], true);
        Tensor x = RandomTensor.F32WithSpecials(new Shape(1, 9, 9, 20), 5);
        var info = new TensorInfo(DataType.F32, new Shape(1, 9, (int)problem.Output.Count));
        PoolProblem blocked = InBlocks(problem, 1, 9);
        float[] expected = RowChecks.Run(MaxPoolKernels.Table.Select(problem, KernelQuery.Reference), problem, [x], [info])[0].ToArray<float>();
        foreach (KernelRow<PoolProblem> row in MaxPoolKernels.Table.Candidates(blocked, Cpu.Features))
        {
            Tensor actual = RowChecks.Run(row, blocked, [Blocked.From(x, Layout.Blocked8)], [info with { Layout = Layout.Blocked8 }])[0];
            Assert.Equal(expected, Blocked.Planar(actual).ToArray<float>());
        }
    }

    [Fact]
    public void NaNWinsInEveryRow()
    {
        PoolProblem problem = Problem(3, [1, 9, 20], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1], [0, 1, 1], false);
        Tensor x = RandomTensor.F32WithSpecials(new Shape(3, 9, 20), 5);
        RowChecks.AgreeWithReference(MaxPoolKernels.Table, problem, [x], [new TensorInfo(DataType.F32, new Shape(3, (int)problem.Output.Count))], 0);
        RowChecks.AgreeWithReference(GlobalMaxPoolKernels.Table, new GlobalPoolProblem(DataType.F32, 1, 3, 180), [x], [new TensorInfo(DataType.F32, new Shape(3))], 0);
        RowChecks.AgreeWithReference(ChannelMaxPoolKernels.Table, new ChannelMaxPoolProblem(DataType.F32, 1, 3, 180), [x], [new TensorInfo(DataType.F32, new Shape(180))], 0);
    }

    [Fact]
    public void IndicesPointAtTheMaxima()
    {
        PoolProblem problem = Problem(2, [1, 4, 6], [1, 2, 3], [1, 2, 2], [1, 1, 1], [0, 0, 1], [0, 0, 0], false) with { HasIndices = true };
        Tensor x = RandomTensor.F32(new Shape(2, 4, 6), 3);
        var shape = new Shape(2, (int)problem.Output.Count);
        TensorInfo[] outputs = [new TensorInfo(DataType.F32, shape), new TensorInfo(DataType.S64, shape)];
        Tensor[] rowMajor = RowChecks.Run(MaxPoolKernels.Table.Select(problem, KernelQuery.Default), problem, [x], outputs);
        PoolProblem byColumns = problem with { ColumnMajorIndices = true };
        Tensor[] columnMajor = RowChecks.Run(MaxPoolKernels.Table.Select(byColumns, KernelQuery.Default), byColumns, [x], outputs);
        for (int i = 0; i < shape.Count; i++)
        {
            long index = rowMajor[1].Span<long>()[i];
            Assert.Equal(rowMajor[0].Span<float>()[i], x.Span<float>()[(int)index]);
            long within = index % 24;
            Assert.Equal((index / 24 * 24) + (within % 6 * 4) + (within / 6), columnMajor[1].Span<long>()[i]);
        }
    }

    [Fact]
    public void AnEmptyWindowGivesTheLeastValueOrZero()
    {
        // Taps at -1 and 1 of an input of one element.
        PoolProblem problem = Problem(1, [1, 1, 1], [1, 1, 2], [1, 1, 1], [1, 1, 2], [0, 0, 1], [0, 0, 1], false) with { HasIndices = true };
        Tensor x = Tensor.FromVector(5f);
        TensorInfo[] outputs = [new TensorInfo(DataType.F32, new Shape(1)), new TensorInfo(DataType.S64, new Shape(1))];
        Tensor[] max = RowChecks.Run(MaxPoolKernels.Table.Select(problem, KernelQuery.Default), problem, [x], outputs);
        Assert.Equal(float.NegativeInfinity, max[0].Span<float>()[0]);
        Assert.Equal(-1, max[1].Span<long>()[0]);
        PoolProblem average = problem with { HasIndices = false };
        Assert.Equal(0, RowChecks.Run(AveragePoolKernels.Table.Select(average, KernelQuery.Default), average, [x], outputs[..1])[0].Span<float>()[0]);
    }

    [Fact]
    public void BytesArePooledExactly()
    {
        PoolProblem problem = Problem(1, [1, 1, 4], [1, 1, 2], [1, 1, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0], false) with { Type = DataType.S8 };
        Tensor x = Tensor.FromVector<sbyte>(-128, -127, 127, -1);
        Tensor y = RowChecks.Run(MaxPoolKernels.Table.Select(problem, KernelQuery.Default), problem, [x], [new TensorInfo(DataType.S8, new Shape(2))])[0];
        Assert.Equal([-127, 127], y.ToArray<sbyte>());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(5, 8)]
    [InlineData(2, 9)]
    [InlineData(2, 31)]
    [InlineData(7, 49)]
    [InlineData(600, 65)]
    [InlineData(0, 5)]
    [InlineData(2, 0)]
    public void GlobalRowsAgree(int planes, int count)
    {
        var problem = new GlobalPoolProblem(DataType.F32, 1, planes, count);
        CheckGlobal(problem, RandomTensor.F32(new Shape(1, planes, count), 1));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 7)]
    [InlineData(1, 7, 3)]
    [InlineData(1, 8, 4)]
    [InlineData(3, 9, 5)]
    [InlineData(2, 17, 49)]
    [InlineData(1, 1280, 49)]
    [InlineData(1, 40, 3000)]
    [InlineData(0, 5, 5)]
    [InlineData(2, 9, 0)]
    public void GlobalRowsOfBlocksAgree(int batch, int channels, int count)
    {
        var problem = new GlobalPoolProblem(DataType.F32, batch, channels, count, Layout: Layout.Blocked8);
        Tensor x = RandomTensor.F32(new Shape(batch, channels, count), 1);
        CheckGlobal(problem, Blocked.From(x, Layout.Blocked8));
        if (x.Count > 0)
        {
            RandomTensor.Specials.AsSpan(0, Math.Min((int)x.Count, RandomTensor.Specials.Length)).CopyTo(x.Span<float>());
            RowChecks.AgreeWithReference(GlobalMaxPoolKernels.Table, problem, [Blocked.From(x, Layout.Blocked8)], [new TensorInfo(DataType.F32, new Shape(batch, channels))], 0);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 4, 7)]
    [InlineData(2, 3, 8)]
    [InlineData(5, 2, 33)]
    [InlineData(0, 2, 3)]
    public void ChannelRowsAgree(int outer, int group, int inner)
    {
        var problem = new ChannelMaxPoolProblem(DataType.F32, outer, group, inner);
        Tensor x = RandomTensor.F32(new Shape(outer, group, inner), 1);
        RowChecks.AgreeWithReference(ChannelMaxPoolKernels.Table, problem, [x], [new TensorInfo(DataType.F32, new Shape(outer, inner))], 0);
    }

    [Fact]
    public void UnpoolingPutsMaximaBack()
    {
        var problem = new MaxUnpoolProblem(2, 5, 4);
        KernelRow<MaxUnpoolProblem> row = MaxUnpoolKernels.Table.Select(problem, KernelQuery.Default);
        TensorInfo[] output = [new TensorInfo(DataType.F32, new Shape(5))];
        Tensor y = RowChecks.Run(row, problem, [Tensor.FromVector(7f, 8f), Tensor.FromVector(3L, 0L)], output)[0];
        Assert.Equal([8f, 0f, 0f, 7f, 0f], y.ToArray<float>());
        KernelValueException exception = Assert.Throws<KernelValueException>(() => RowChecks.Run(row, problem, [Tensor.FromVector(7f, 8f), Tensor.FromVector(3L, 5L)], output));
        Assert.Contains("indices[1] is 5", exception.Message, StringComparison.Ordinal);
    }

    private static void CheckGlobal(GlobalPoolProblem problem, Tensor x)
    {
        TensorInfo[] output = [new TensorInfo(DataType.F32, new Shape(problem.Batch, problem.Channels))];
        string[] rows = RowChecks.AgreeWithReference(GlobalAveragePoolKernels.Table, problem, [x], output, 1e-5);
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || x.Count == 0, "only the reference ran");
        RowChecks.AgreeWithReference(GlobalMaxPoolKernels.Table, problem, [x], output, 0);
        foreach (int p in new[] { 1, 2, 3 })
        {
            RowChecks.AgreeWithReference(GlobalLpPoolKernels.Table, problem with { P = p }, [x], output, 1e-5);
        }
    }

    private static PoolProblem InBlocks(PoolProblem problem, int batch, int channels) =>
        problem with { Planes = batch * Layouts.Blocks(channels), Layout = Layout.Blocked8 };

    private static PoolProblem Problem(int planes, int[] input, int[] kernel, int[] stride, int[] dilation, int[] begin, int[] end, bool ceil)
    {
        var window = new Window(Extent.From(kernel, 1), Extent.From(stride, 1), Extent.From(dilation, 1), Extent.From(begin, 0), Extent.From(end, 0));
        int[] output = [.. Enumerable.Range(0, 3).Select(axis => (int)window.OutputSize(axis, input[axis], ceil))];
        return new PoolProblem(DataType.F32, planes, Extent.From(input, 1), Extent.From(output, 1), window);
    }
}
