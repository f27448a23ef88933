using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>ArgMax, ArgMin, CumSum, CumProd, TopK and Hardmax.</summary>
public class AxisKernelTests
{
    [Theory]
    [InlineData(false, false, new long[] { 1, 0 })]
    [InlineData(false, true, new long[] { 3, 3 })]
    [InlineData(true, false, new long[] { 0, 1 })]
    [InlineData(true, true, new long[] { 0, 2 })]
    public void ArgReduceFindsFirstOrLast(bool least, bool last, long[] expected)
    {
        Tensor input = Tensor.From<float>(new Shape(2, 4), [1, 7, 2, 7, 5, 3, 3, 5]);
        Assert.Equal(expected, ArgReduce(input, 1, least, last));
        // The same lines, strided.
        Tensor turned = Tensor.From<float>(new Shape(4, 2), [1, 5, 7, 3, 2, 3, 7, 5]);
        Assert.Equal(expected, ArgReduce(turned, 0, least, last));
        Tensor integers = Tensor.From<sbyte>(new Shape(2, 4), [1, 7, 2, 7, 5, 3, 3, 5]);
        Assert.Equal(expected, ArgReduce(integers, 1, least, last));
    }

    [Fact]
    public void ArgReduceTakesTheFirstNaN()
    {
        Tensor input = Tensor.From<float>(new Shape(1, 4), [9, float.NaN, 1, float.NaN]);
        Assert.Equal([1], ArgReduce(input, 1, least: false, last: false));
        Assert.Equal([1], ArgReduce(input, 1, least: true, last: false));
    }

    [Theory]
    [InlineData(false, false, new[] { 1, 3, 6, 4, 9, 15 })]
    [InlineData(true, false, new[] { 0, 1, 3, 0, 4, 9 })]
    [InlineData(false, true, new[] { 6, 5, 3, 15, 11, 6 })]
    [InlineData(true, true, new[] { 5, 3, 0, 11, 6, 0 })]
    public void CumulateSums(bool exclusive, bool reverse, int[] expected)
    {
        Tensor input = Tensor.From<int>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Assert.Equal(expected, Cumulate(input, 1, false, exclusive, reverse).ToArray<int>());
        Tensor floats = Tensor.From<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Assert.Equal(expected.Select(x => (float)x), Cumulate(floats, 1, false, exclusive, reverse).ToArray<float>());
    }

    [Fact]
    public void CumulateMultipliesAlongAnyAxis()
    {
        Tensor input = Tensor.From<long>(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        Assert.Equal([1, 2, 3, 8, 15, 48], Cumulate(input, 0, true, false, false).ToArray<long>());
        Assert.Equal([1, 1, 1, 2, 3, 8], Cumulate(input, 0, true, true, false).ToArray<long>());
        Tensor empty = Tensor.Allocate(DataType.F32, new Shape(2, 0));
        Assert.Equal(0, Cumulate(empty, 1, false, false, false).Count);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(7, 0)]
    [InlineData(7, 3)]
    [InlineData(7, 7)]
    [InlineData(100, 10)]
    [InlineData(100, 99)]
    public void TopKGivesWhatSortingGives(int length, int k)
    {
        foreach (bool least in new[] { false, true })
        {
            foreach (int inner in new[] { 1, 3 })
            {
                Tensor input = RandomTensor.F32(new Shape(2, length, inner), length, 0, 20);
                // Whole numbers make ties, which the lower position wins.
                foreach (ref float value in input.Span<float>())
                {
                    value = MathF.Floor(value);
                }
                var problem = new TopKProblem(DataType.F32, input.Shape, 1, k, least);
                Shape output = input.Shape.With(1, k);
                using Kernel kernel = TopKKernels.Table.Prepare(problem, KernelQuery.Default).Kernel;
                Tensor[] actual = KernelRunner.Run(kernel, [input], [new TensorInfo(DataType.F32, output), new TensorInfo(DataType.S64, output)]);
                for (int line = 0; line < 2 * inner; line++)
                {
                    int start = (line / inner * length * inner) + (line % inner);
                    float[] values = [.. Enumerable.Range(0, length).Select(i => input.Span<float>()[start + (i * inner)])];
                    int[] order = [.. Enumerable.Range(0, length).OrderBy(i => least ? values[i] : -values[i]).Take(k)];
                    int target = (line / inner * k * inner) + (line % inner);
                    Assert.Equal(order.Select(i => (long)i), Enumerable.Range(0, k).Select(i => actual[1].Span<long>()[target + (i * inner)]));
                    Assert.Equal(order.Select(i => values[i]), Enumerable.Range(0, k).Select(i => actual[0].Span<float>()[target + (i * inner)]));
                }
            }
        }
    }

    [Fact]
    public void TopKPutsNaNLast()
    {
        Tensor input = Tensor.FromVector(1f, float.NaN, 3f, float.NegativeInfinity);
        var problem = new TopKProblem(DataType.F32, input.Shape, 0, 4, Least: false);
        using Kernel kernel = TopKKernels.Table.Prepare(problem, KernelQuery.Default).Kernel;
        Assert.Equal([2, 0, 3, 1], KernelRunner.Run(kernel, [input], [input.Info, new TensorInfo(DataType.S64, input.Shape)])[1].ToArray<long>());
    }

    [Fact]
    public void HardmaxMarksTheFirstLargest()
    {
        Tensor input = Tensor.From<float>(new Shape(2, 3), [1, 5, 5, 2, 1, 0]);
        float[] Run(AxisProblem problem)
        {
            using Kernel kernel = HardmaxKernels.Table.Prepare(problem, KernelQuery.Default).Kernel;
            return KernelRunner.Run(kernel, [input], [input.Info])[0].ToArray<float>();
        }
        Assert.Equal([0, 1, 0, 1, 0, 0], Run(new AxisProblem(DataType.F32, input.Shape, 1)));
        Assert.Equal([0, 1, 1, 1, 0, 0], Run(new AxisProblem(DataType.F32, input.Shape, 0)));
        Assert.Equal([0, 1, 0, 0, 0, 0], Run(AxisProblem.Flattened(DataType.F32, input.Shape, 0)));
    }

    private static long[] ArgReduce(Tensor input, int axis, bool least, bool last)
    {
        using Kernel kernel = ArgReduceKernels.Table.Prepare(new ArgReduceProblem(input.Type, input.Shape, axis, least, last), KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [input], [new TensorInfo(DataType.S64, input.Shape.With(axis, 1))])[0].ToArray<long>();
    }

    private static Tensor Cumulate(Tensor input, int axis, bool product, bool exclusive, bool reverse)
    {
        using Kernel kernel = CumulateKernels.Table.Prepare(new CumulateProblem(input.Type, input.Shape, axis, product, exclusive, reverse), KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [input], [input.Info])[0];
    }
}
