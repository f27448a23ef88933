using Edge.Kernels.Dispatch;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class GridSampleTests
{
    private const int Height = 3;
    private const int Width = 5;

    public static TheoryData<int[], bool> Images => new()
    {
        { [1, 1], false },
        { [2, 3], true },
        { [5, 7], false },
        { [4, 1], true },
        { [2, 3, 5], false },
        { [3, 2, 2], true },
    };

    public static TheoryData<ResizeMode, GridPadding, bool> Rules
    {
        get
        {
            var data = new TheoryData<ResizeMode, GridPadding, bool>();
            foreach (ResizeMode mode in Enum.GetValues<ResizeMode>())
            {
                foreach (GridPadding padding in Enum.GetValues<GridPadding>())
                {
                    data.Add(mode, padding, false);
                    data.Add(mode, padding, true);
                }
            }
            return data;
        }
    }

    /// <summary>The grid of the identity reads every position as it is.</summary>
    [Theory]
    [MemberData(nameof(Images))]
    public void IdentityGridReadsTheImage(int[] spatial, bool alignCorners)
    {
        int rank = spatial.Length;
        Tensor theta = Tensor.Allocate(DataType.F32, new Shape(2, rank, rank + 1));
        for (int i = 0; i < rank; i++)
        {
            theta.Span<float>()[(i * (rank + 1)) + i] = 1;
            theta.Span<float>()[(rank * (rank + 1)) + (i * (rank + 1)) + i] = 1;
        }
        var affine = new AffineGridProblem(DataType.F32, 2, spatial, alignCorners);
        Tensor grid = Run(AffineGridKernels.Table, affine, new Shape([2, .. spatial, rank]), theta);
        Tensor x = RandomTensor.F32(new Shape([2, 3, .. spatial]), 1);
        foreach (ResizeMode mode in Enum.GetValues<ResizeMode>())
        {
            var problem = new GridSampleProblem(DataType.F32, 2, 3, spatial, new Shape(spatial).Count, mode, GridPadding.Border, alignCorners);
            Tensor y = Run(GridSampleKernels.Table, problem, x.Shape, x, grid);
            Assert.True(Close.RelativeError(y.Span<float>(), x.Span<float>()) < 1e-5, $"{mode}");
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void PointsAreInterpolatedAndPadded(ResizeMode mode, GridPadding padding, bool alignCorners)
    {
        const int points = 40;
        Tensor x = RandomTensor.F32(new Shape(2, 2, Height, Width), 2);
        Tensor grid = RandomTensor.F32(new Shape(2, points, 1, 2), 3, -2.5f, 2.5f);
        var expected = new float[2 * 2 * points];
        for (int i = 0; i < expected.Length; i++)
        {
            int plane = i / points;
            int at = ((plane / 2 * points) + (i % points)) * 2;
            double column = Place(grid.Span<float>()[at], Width, mode, padding, alignCorners);
            double row = Place(grid.Span<float>()[at + 1], Height, mode, padding, alignCorners);
            expected[i] = (float)Interpolate(x.Span<float>().Slice(plane * Height * Width, Height * Width).ToArray(), row, column, mode, padding, alignCorners);
        }
        foreach (DataType type in new[] { DataType.F32, DataType.F64 })
        {
            var problem = new GridSampleProblem(type, 2, 2, [Height, Width], points, mode, padding, alignCorners);
            Tensor y = Run(GridSampleKernels.Table, problem, new Shape(2, 2, points, 1), As(type, x), As(type, grid));
            Assert.True(Close.RelativeError([.. y.ToDouble().Select(v => (float)v)], expected) < 1e-5, type.Name());
        }
    }

    [Fact]
    public void PointsFarOutsideReadPadding()
    {
        Tensor x = Tensor.From<float>(new Shape(1, 1, 1, 2), [3, 4]);
        Tensor grid = Tensor.From<float>(new Shape(1, 3, 1, 2), [float.NaN, 0, float.PositiveInfinity, 0, -1e30f, 0]);
        var zeros = new GridSampleProblem(DataType.F32, 1, 1, [1, 2], 3, ResizeMode.Linear, GridPadding.Zeros, false);
        Assert.Equal([0f, 0, 0], Run(GridSampleKernels.Table, zeros, new Shape(3), x, grid).Span<float>().ToArray());
        GridSampleProblem border = zeros with { Padding = GridPadding.Border };
        Assert.Equal([3f, 4, 3], Run(GridSampleKernels.Table, border, new Shape(3), x, grid).Span<float>().ToArray());
    }

    [Fact]
    public void AffineGridAppliesTheMatrix()
    {
        Tensor theta = Tensor.From<float>(new Shape(1, 2, 3), [0, -1, 0.5f, 2, 0, 0]);
        var problem = new AffineGridProblem(DataType.F32, 1, [2, 1], false);
        // The points are (x, y) = (0, -0.5) and (0, 0.5).
        Assert.Equal([1f, 0, 0, 0], Run(AffineGridKernels.Table, problem, new Shape(1, 2, 1, 2), theta).Span<float>().ToArray());
    }

    /// <summary>The coordinate of a grid value, mirrored or clamped as the padding has it.</summary>
    private static double Place(double g, int length, ResizeMode mode, GridPadding padding, bool alignCorners)
    {
        double x = alignCorners ? (g + 1) / 2 * (length - 1) : ((g + 1) / 2 * length) - 0.5;
        x = mode == ResizeMode.Nearest ? Math.Round(x, MidpointRounding.ToEven) : x;
        return padding switch
        {
            GridPadding.Border => Math.Clamp(x, 0, length - 1),
            GridPadding.Reflection => Mirror(x, length, alignCorners),
            _ => x,
        };
    }

    private static double Mirror(double x, int length, bool alignCorners)
    {
        double low = alignCorners ? 0 : -0.5;
        double high = alignCorners ? length - 1 : length - 0.5;
        while (x < low || x > high)
        {
            x = x < low ? (2 * low) - x : (2 * high) - x;
        }
        return x;
    }

    private static double Interpolate(float[] image, double row, double column, ResizeMode mode, GridPadding padding, bool alignCorners)
    {
        double sum = 0;
        for (int r = (int)Math.Floor(row) - 1; r <= (int)Math.Floor(row) + 2; r++)
        {
            for (int c = (int)Math.Floor(column) - 1; c <= (int)Math.Floor(column) + 2; c++)
            {
                double weight = Weight(mode, Math.Abs(r - row)) * Weight(mode, Math.Abs(c - column));
                sum += weight == 0 ? 0 : weight * Read(image, r, c, padding, alignCorners);
            }
        }
        return sum;
    }

    private static double Weight(ResizeMode mode, double d) => mode switch
    {
        ResizeMode.Nearest => d < 0.5 ? 1 : 0,
        ResizeMode.Linear => Math.Max(0, 1 - d),
        _ => d < 1 ? (1.25 * d * d * d) - (2.25 * d * d) + 1 : d < 2 ? -0.75 * ((d * d * d) - (5 * d * d) + (8 * d) - 4) : 0,
    };

    private static double Read(float[] image, int row, int column, GridPadding padding, bool alignCorners)
    {
        bool outside = row < 0 || row >= Height || column < 0 || column >= Width;
        if (outside && padding == GridPadding.Zeros)
        {
            return 0;
        }
        if (outside && padding == GridPadding.Reflection)
        {
            row = (int)Mirror(row, Height, alignCorners);
            column = (int)Mirror(column, Width, alignCorners);
        }
        return image[(Math.Clamp(row, 0, Height - 1) * Width) + Math.Clamp(column, 0, Width - 1)];
    }

    private static Tensor As(DataType type, Tensor x) => type == DataType.F32 ? x : Tensor.From<double>(x.Shape, x.ToDouble());

    private static Tensor Run<TProblem>(KernelTable<TProblem> table, TProblem problem, Shape output, params Tensor[] inputs) =>
        RowChecks.Run(table.Select(problem, KernelQuery.Default), problem, inputs, [new TensorInfo(inputs[0].Type, output)])[0];
}
