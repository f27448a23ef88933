using Edge.Kernels.Detection;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Tests;

public class RoiAlignTests
{
    private const int Height = 9;
    private const int Width = 11;

    /// <summary>On an image that is linear in both axes a bin is the value at its centre, whatever the samples.</summary>
    [Theory]
    [InlineData(DataType.F32, 0, true)]
    [InlineData(DataType.F32, 1, false)]
    [InlineData(DataType.F64, 3, true)]
    public void BinsOfALinearImageAreTheirCentres(DataType type, int samplingRatio, bool halfPixel)
    {
        var problem = new RoiAlignProblem(type, 2, 1, Height, Width, 2, 2, 3, samplingRatio, 0.5f, halfPixel, false);
        double[] corners = [4, 3, 16, 11, 5, 5, 8, 9];
        double[] y = Run(problem, corners, 1, 0).ToDouble();
        double shift = halfPixel ? 0.5 : 0;
        for (int i = 0; i < y.Length; i++)
        {
            double[] box = [.. corners.Skip(i / 6 * 4).Take(4).Select(c => (c * 0.5) - shift)];
            double width = halfPixel ? box[2] - box[0] : Math.Max(1, box[2] - box[0]);
            double height = halfPixel ? box[3] - box[1] : Math.Max(1, box[3] - box[1]);
            double column = box[0] + (((i % 3) + 0.5) / 3 * width);
            double row = box[1] + (((i / 3 % 2) + 0.5) / 2 * height);
            double image = i < 6 ? 1000 : 0;
            Assert.Equal(image + (10 * row) + column, y[i], 1e-3);
        }
    }

    [Fact]
    public void MaximumIsTheLargestWeightedNeighbour()
    {
        // One sample at (0.5, 0.25): of the corners 0, 1, 10, 11 the last two weigh 0.5 * 0.75 and 0.5 * 0.25.
        var problem = new RoiAlignProblem(DataType.F32, 2, 1, Height, Width, 1, 1, 1, 1, 1, true, true);
        Assert.Equal([3.75], Run(problem, [0.25, 0.5, 1.25, 1.5], 0).ToDouble());
    }

    [Fact]
    public void RegionsOutsideAreZero()
    {
        var problem = new RoiAlignProblem(DataType.F32, 2, 1, Height, Width, 2, 1, 1, 2, 1, false, false);
        Assert.Equal([0.0, 0], Run(problem, [50, 50, 60, 60, double.NaN, 0, 1, 1], 1, 1).ToDouble());
    }

    [Fact]
    public void IllegalValuesAreRefused()
    {
        var problem = new RoiAlignProblem(DataType.F32, 2, 1, Height, Width, 1, 1, 1, 0, 1, false, false);
        Assert.Contains("batch index 0 is 2", Assert.Throws<KernelValueException>(() => Run(problem, [0, 0, 1, 1], 2)).Message);
        Assert.Contains("batch index 0 is -1", Assert.Throws<KernelValueException>(() => Run(problem, [0, 0, 1, 1], -1)).Message);
        Assert.Contains("samples", Assert.Throws<KernelValueException>(() => Run(problem, [0, 0, 1e20, 1e20], 0)).Message);
    }

    /// <summary>Runs over two images: 10 * row + column, and 1000 more.</summary>
    private static Tensor Run(RoiAlignProblem problem, double[] corners, params long[] batches)
    {
        double[] image = [.. Enumerable.Range(0, Height * Width).Select(i => (10.0 * (i / Width)) + (i % Width))];
        Tensor x = As(problem.Type, new Shape(2, 1, Height, Width), [.. image, .. image.Select(v => v + 1000)]);
        Tensor regions = As(problem.Type, new Shape(batches.Length, 4), corners);
        var info = new TensorInfo(problem.Type, new Shape(batches.Length, 1, problem.BinsHeight, problem.BinsWidth));
        return RowChecks.Run(RoiAlignKernels.Table.Select(problem, KernelQuery.Default), problem, [x, regions, Tensor.FromVector(batches)], [info])[0];
    }

    private static Tensor As(DataType type, Shape shape, double[] values) => type == DataType.F64
        ? Tensor.From<double>(shape, values)
        : Tensor.From<float>(shape, [.. values.Select(v => (float)v)]);
}
