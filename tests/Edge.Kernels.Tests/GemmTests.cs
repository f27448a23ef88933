using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class GemmTests
{
    private static readonly int[] RowCounts = [1, 2, 3, 5, 6, 7, 12, 13, 97];
    private static readonly int[] ColumnCounts = [1, 7, 8, 9, 15, 16, 17, 31, 96, 97, 193];
    private static readonly int[] Depths = [0, 1, 2, 3, 17, 256, 257, 520];

    [Fact]
    public void EveryRowAgreesAroundTileEdges()
    {
        foreach (int m in RowCounts)
        {
            foreach (int n in ColumnCounts)
            {
                int k = Depths[((m * 31) + n) % Depths.Length];
                Check(GemmProblem.Matrix(m, n, k), constant: (m + n) % 2 == 0);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(1000)]
    public void EveryRowAgreesForEveryDepth(int k)
    {
        Check(GemmProblem.Matrix(13, 37, k), constant: true);
        Check(GemmProblem.Matrix(1, 37, k), constant: true);
        Check(GemmProblem.Matrix(0, 37, k), constant: true);
        Check(GemmProblem.Matrix(5, 0, k), constant: false);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void TransposedOperands(bool transA, bool transB)
    {
        foreach (bool constant in new[] { false, true })
        {
            Check(GemmProblem.Matrix(14, 35, 40, transA, transB), constant);
            Check(GemmProblem.Matrix(1, 35, 300, transA, transB), constant);
            Check(GemmProblem.Matrix(6, 16, 5, transA, transB) with { Alpha = 0.5f }, constant);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(17, 1)]
    public void AddendsOfEveryForm(int rowStride, int columnStride)
    {
        GemmProblem problem = GemmProblem.Matrix(13, 17, 300) with { Beta = -0.25f, Addend = new GemmAddend(rowStride, columnStride) };
        foreach (Activation activation in Activations)
        {
            Check(problem with { Activation = activation }, constant: true);
        }
    }

    [Fact]
    public void BatchesStartWhereTheOffsetsSay()
    {
        GemmProblem problem = GemmProblem.Matrix(5, 9, 7) with { AOffsets = [0, 35, 0, 35], BOffsets = [0, 63, 126, 0] };
        Check(problem, constant: false);
        Check(problem, constant: true);
        Check(GemmProblem.Matrix(5, 9, 7) with { AOffsets = [], BOffsets = [] }, constant: false);
    }

    [Fact]
    public void InfinitiesAndNaNsReachTheirRowsAndColumnsOnly()
    {
        Tensor a = RandomTensor.F32(new Shape(13, 40), 1);
        Tensor b = RandomTensor.F32(new Shape(40, 21), 2);
        a.Span<float>()[12 * 40] = float.NaN;
        a.Span<float>()[3] = float.PositiveInfinity;
        b.Span<float>()[(5 * 21) + 20] = float.NegativeInfinity;
        foreach (Activation activation in new[] { Activation.None, new Activation(ActivationKind.Relu), new Activation(ActivationKind.LeakyRelu, 0.1f) })
        {
            GemmProblem problem = GemmProblem.Matrix(13, 21, 40) with { Activation = activation };
            RowChecks.AgreeWithReference(GemmKernels.Table, problem, [a, b], [new TensorInfo(DataType.F32, new Shape(13, 21))]);
        }
    }

    [Fact]
    public void IntegersWrapAround()
    {
        Tensor a = Tensor.From(new Shape(1, 2), [int.MaxValue, 3]);
        Tensor b = Tensor.From(new Shape(2, 1), [2, 5]);
        GemmProblem problem = GemmProblem.Matrix(1, 1, 2) with { Type = DataType.S32 };
        Tensor y = RowChecks.Run(GemmKernels.Table.Select(problem, KernelQuery.Default), problem, [a, b], [new TensorInfo(DataType.S32, new Shape(1, 1))])[0];
        Assert.Equal(13, y.Span<int>()[0]);
    }

    [Fact]
    public void DoublesKeepTheirPrecision()
    {
        Tensor a = Tensor.From(new Shape(1, 2), [1e-12, 1.0]);
        Tensor b = Tensor.From(new Shape(2, 1), [1.0, 1.0]);
        GemmProblem problem = GemmProblem.Matrix(1, 1, 2) with { Type = DataType.F64 };
        Tensor y = RowChecks.Run(GemmKernels.Table.Select(problem, KernelQuery.Default), problem, [a, b], [new TensorInfo(DataType.F64, new Shape(1, 1))])[0];
        Assert.Equal(1 + 1e-12, y.Span<double>()[0]);
    }

    internal static readonly Activation[] Activations =
    [
        Activation.None,
        new(ActivationKind.Relu),
        new(ActivationKind.LeakyRelu, 0.2f),
        new(ActivationKind.Clip, -0.5f, 0.75f),
        new(ActivationKind.Silu),
        new(ActivationKind.HardSwish),
    ];

    private static void Check(GemmProblem problem, bool constant)
    {
        Tensor a = RandomTensor.F32(new Shape(Math.Max(1, problem.Batch), problem.M, problem.K), 1);
        Tensor b = RandomTensor.F32(new Shape(Math.Max(1, problem.Batch), problem.K, problem.N), 2);
        Tensor? c = problem.Addend is null ? null : RandomTensor.F32(new Shape(problem.M + 1, problem.N + 1), 3);
        Tensor?[] inputs = c is null ? [a, b] : [a, b, c];
        bool[] constants = [false, constant, false];
        string[] rows = RowChecks.AgreeWithReference(
            GemmKernels.Table, problem, inputs, [new TensorInfo(DataType.F32, new Shape(problem.Batch, problem.M, problem.N))], 1e-5, constants);
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None, "only the reference ran");
    }
}
