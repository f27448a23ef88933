using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ConvDeformTests
{
    private static readonly Window Window = new(new Extent(1, 3, 2), new Extent(1, 2, 1), Extent.One, new Extent(0, 1, 0), new Extent(0, 1, 1));
    private static readonly Extent Input = new(1, 7, 6);
    private static readonly Extent Output = new(1, 4, 6);
    private static readonly DeformConvProblem Problem = new(DataType.F32, 2, 4, 6, 2, 2, Input, Output, Window, true, true);

    /// <summary>Whole-numbered offsets of zero and a mask of one make an ordinary convolution.</summary>
    [Fact]
    public void WithoutOffsetsItIsAConvolution()
    {
        Tensor x = RandomTensor.F32(new Shape(2, 4, 7, 6), 1);
        Tensor w = RandomTensor.F32(new Shape(6, 2, 3, 2), 2);
        Tensor bias = RandomTensor.F32(new Shape(6), 3);
        var info = new TensorInfo(DataType.F32, new Shape(2, 6, 4, 6));
        var conv = new ConvProblem(DataType.F32, 2, 4, 6, 2, Input, Output, Window, true, false, Activation.None);
        Tensor expected = RowChecks.Run(ConvKernels.Table.Select(conv, KernelQuery.Reference), conv, [x, w, bias, null], [info])[0];
        Tensor actual = Run(x, w, bias, offset: 0, mask: 1, info);
        Assert.True(Close.RelativeError(actual.Span<float>(), expected.Span<float>()) < 1e-6);
    }

    /// <summary>On an input that is linear in both axes a tap moved by (0.5, 0.25) reads the moved value.</summary>
    [Fact]
    public void OffsetsInterpolate()
    {
        var problem = new DeformConvProblem(DataType.F32, 1, 1, 1, 1, 1, new Extent(1, 5, 5), new Extent(1, 5, 5), Window.Of(Extent.One), false, false);
        Tensor x = Tensor.From<float>(new Shape(25), [.. Enumerable.Range(0, 25).Select(i => (10f * (i / 5)) + (i % 5))]);
        Tensor offset = Tensor.From<float>(new Shape(50), [.. Enumerable.Range(0, 50).Select(i => i < 25 ? 0.5f : 0.25f)]);
        Tensor y = RowChecks.Run(
            DeformConvKernels.Table.Select(problem, KernelQuery.Default), problem, [x, Tensor.FromVector(2f), offset], [new TensorInfo(DataType.F32, new Shape(25))])[0];
        Assert.Equal(2 * (5 + 0.25f), y.Span<float>()[0], 1e-5f);
        Assert.Equal(2 * (25 + 3.25f), y.Span<float>()[13], 1e-5f);
        // Beyond the last row half of the value is outside.
        Assert.Equal(2 * 0.5f * 40.25f, y.Span<float>()[20], 1e-5f);
    }

    private static Tensor Run(Tensor x, Tensor w, Tensor bias, float offset, float mask, TensorInfo info)
    {
        Tensor offsets = Tensor.Allocate(DataType.F32, new Shape(2, 2 * 6 * 2, 4, 6));
        offsets.Span<float>().Fill(offset);
        Tensor masks = Tensor.Allocate(DataType.F32, new Shape(2, 2 * 6, 4, 6));
        masks.Span<float>().Fill(mask);
        return RowChecks.Run(DeformConvKernels.Table.Select(Problem, KernelQuery.Default), Problem, [x, w, offsets, bias, masks], [info])[0];
    }
}
