using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ReduceTests
{
    public static TheoryData<int[], int[]> Cases => new()
    {
        { [], [] }, { [1], [0] }, { [7], [] }, { [7], [0] }, { [8], [0] }, { [31], [0] }, { [32], [0] }, { [33], [0] }, { [1000], [0] },
        { [2, 3, 5, 7], [] }, { [2, 3, 5, 7], [0, 1, 2, 3] }, { [2, 3, 5, 7], [2, 3] }, { [2, 3, 5, 7], [1] }, { [2, 3, 5, 7], [0, 2, 3] },
        { [2, 3, 5, 7], [0, 2] }, { [2, 3, 5, 7], [1, 3] }, { [4, 1, 33], [2] }, { [4, 33, 17], [1] }, { [33, 16], [0] }, { [65, 15], [0] },
        { [1, 8, 14, 14], [2, 3] }, { [1, 14, 14, 9], [1, 2] }, { [3, 1, 1], [1, 2] }, { [2, 0, 3], [1] }, { [0, 3], [1] }, { [0], [0] },
        { [2, 2, 2, 2, 2, 2, 2, 2], [0, 2, 4, 6] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowAgreesWithANaiveSum(int[] dims, int[] axes)
    {
        Tensor input = RandomTensor.F32(new Shape(dims), 1, 0.1f, 1.1f);
        var problem = new ReduceProblem(DataType.F32, input.Shape, axes);
        var info = new TensorInfo(DataType.F32, new Shape((int)problem.OutputCount));
        foreach (ReduceFunction function in ReduceFunctions.All)
        {
            double[][] sets = Sets(input, axes);
            double[] expected = [.. sets.Select(s => Exact(function.Name, s))];
            KernelRow<ReduceProblem> reference = function.Table.Select(problem, KernelQuery.Reference);
            double[] actual = RowChecks.Run(reference, problem, [input], [info])[0].ToDouble();
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= 1e-6 * (1 + Math.Abs(expected[i])), $"{function} of {input.Shape} over [{string.Join(',', axes)}]: {actual[i]}, expected {expected[i]}");
            }
            RowChecks.AgreeWithReference(function.Table, problem, [input], [info], 2e-6);
        }
    }

    [Fact]
    public void NaNAndInfinityReachTheResult()
    {
        foreach (int at in new[] { 0, 5, 31, 32, 40 })
        {
            foreach (float special in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, float.Epsilon })
            {
                Tensor input = RandomTensor.F32(new Shape(3, 41), 1);
                input.Span<float>()[41 + at] = special;
                foreach (ReduceFunction function in ReduceFunctions.All)
                {
                    var rows = new ReduceProblem(DataType.F32, input.Shape, [1]);
                    RowChecks.AgreeWithReference(function.Table, rows, [input], [new TensorInfo(DataType.F32, new Shape(3))], 1e-4);
                    var columns = new ReduceProblem(DataType.F32, input.Shape, [0]);
                    RowChecks.AgreeWithReference(function.Table, columns, [input], [new TensorInfo(DataType.F32, new Shape(41))], 1e-4);
                }
            }
        }
    }

    [Fact]
    public void IntegersWrapTruncateAndKeepTheirType()
    {
        Assert.Equal<sbyte>([-56, 127], Reduce<sbyte>("Sum", [100, 100, 127, 0]));
        Assert.Equal<sbyte>([100, -63], Reduce<sbyte>("Mean", [100, 100, -127, 0]));
        Assert.Equal([5L, 4L], Reduce<long>("L2", [3, 4, -4, 0]));
        Assert.Equal([7, 4], Reduce<int>("L1", [3, -4, -4, 0]));
        Assert.Equal([ulong.MaxValue, 7ul], Reduce<ulong>("Max", [ulong.MaxValue, 1, 7, 0]));
        Assert.Equal([short.MinValue, short.MinValue], Reduce("Max", Array.Empty<short>(), count: 0));
        Assert.Equal([uint.MaxValue, uint.MaxValue], Reduce("Min", Array.Empty<uint>(), count: 0));
    }

    [Fact]
    public void BoolsReduceToAnyAndAll()
    {
        Tensor input = Tensor.Allocate(DataType.Bool, new Shape(3, 2));
        new byte[] { 0, 0, 0, 1, 1, 1 }.CopyTo(input.ByteSpan());
        var problem = new ReduceProblem(DataType.Bool, input.Shape, [1]);
        var info = new TensorInfo(DataType.Bool, new Shape(3));
        EveryRow.Gives(ReduceFunctions.Find("Max").Table, problem, [input], [info], [[0, 1, 1]]);
        EveryRow.Gives(ReduceFunctions.Find("Min").Table, problem, [input], [info], [[0, 0, 1]]);
        Tensor empty = Tensor.Allocate(DataType.Bool, new Shape(1, 0));
        var none = new ReduceProblem(DataType.Bool, empty.Shape, [1]);
        EveryRow.Gives(ReduceFunctions.Find("Max").Table, none, [empty], [new TensorInfo(DataType.Bool, new Shape(1))], [[0]]);
        EveryRow.Gives(ReduceFunctions.Find("Min").Table, none, [empty], [new TensorInfo(DataType.Bool, new Shape(1))], [[1]]);
    }

    [Fact]
    public void Float64IsReducedInFloat64()
    {
        Tensor input = Tensor.FromVector(1e100, 1.0, -1e100 + 0);
        var problem = new ReduceProblem(DataType.F64, input.Shape, [0]);
        Assert.Equal([1e100], RowChecks.Run(ReduceFunctions.Find("Max").Table.Select(problem, KernelQuery.Default), problem, [input], [new TensorInfo(DataType.F64, new Shape(1))])[0].ToDouble());
    }

    private static T[] Reduce<T>(string name, T[] values, int count = 2) where T : unmanaged
    {
        Tensor input = Tensor.From<T>(new Shape(2, count), values);
        var problem = new ReduceProblem(input.Type, input.Shape, [1]);
        using Kernel kernel = ReduceFunctions.Find(name).Table.Prepare(problem, KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [input], [new TensorInfo(input.Type, new Shape(2))])[0].ToArray<T>();
    }

    /// <summary>The elements of each result's set, found by decoding indexes.</summary>
    private static double[][] Sets(Tensor input, int[] axes)
    {
        double[] values = input.ToDouble();
        long results = Enumerable.Range(0, input.Shape.Rank).Except(axes).Aggregate(1L, (product, axis) => product * input.Shape[axis]);
        var sets = new List<double>[results];
        for (int i = 0; i < results; i++)
        {
            sets[i] = [];
        }
        for (int i = 0; i < values.Length; i++)
        {
            int rest = i;
            int result = 0;
            int scale = 1;
            for (int axis = input.Shape.Rank - 1; axis >= 0; axis--)
            {
                int at = rest % input.Shape[axis];
                rest /= input.Shape[axis];
                if (!axes.Contains(axis))
                {
                    result += at * scale;
                    scale *= input.Shape[axis];
                }
            }
            sets[result].Add(values[i]);
        }
        return [.. sets.Select(s => s.ToArray())];
    }

    private static double Exact(string name, double[] set) => name switch
    {
        "Sum" => set.Sum(),
        "Mean" => set.Length == 0 ? double.NaN : set.Average(),
        "Max" => set.Length == 0 ? double.NegativeInfinity : set.Max(),
        "Min" => set.Length == 0 ? double.PositiveInfinity : set.Min(),
        "Prod" => set.Aggregate(1.0, (a, b) => a * b),
        "L1" => set.Sum(Math.Abs),
        "L2" => Math.Sqrt(set.Sum(x => x * x)),
        "SumSquare" => set.Sum(x => x * x),
        "LogSum" => Math.Log(set.Sum()),
        _ => Math.Log(set.Sum(Math.Exp)),
    };
}
