using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class StridedCopyTests
{
    /// <summary>Dimensions, starts, steps, counts.</summary>
    public static TheoryData<int[], int[], int[], int[]> Slices => new()
    {
        { [], [], [], [] },
        { [7], [6], [-2], [4] },
        { [7], [2], [int.MaxValue], [1] },
        { [5, 6], [1, 2], [1, 1], [3, 4] },
        { [5, 6], [4, 5], [-1, -1], [5, 6] },
        { [5, 6], [0, 1], [1, 3], [5, 2] },
        { [3, 0, 2], [0, 0, 0], [1, 1, 1], [3, 0, 2] },
        { [4, 9, 17], [3, 1, 2], [-3, 2, 5], [2, 4, 3] },
        { [2, 3, 64, 65], [0, 1, 1, 1], [1, 1, 1, 1], [2, 2, 63, 64] },
    };

    public static TheoryData<int[], int[]> Expansions => new()
    {
        { [], [] },
        { [], [3, 2] },
        { [1], [5] },
        { [3, 1], [3, 4] },
        { [1, 4], [7, 4] },
        { [2, 1, 3], [5, 2, 6, 3] },
        { [1, 3, 1, 1], [2, 3, 61, 67] },
        { [2, 1], [2, 0] },
        { [1, 16, 1, 200], [3, 16, 11, 200] },
    };

    public static TheoryData<int[], int[]> Tilings => new()
    {
        { [], [] },
        { [3], [4] },
        { [3], [0] },
        { [2, 3], [1, 2] },
        { [2, 3], [3, 1] },
        { [2, 3, 4], [2, 3, 2] },
        { [1, 5, 1], [7, 1, 3] },
        { [20, 30], [9, 11] },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void EveryRowSlices(int[] dims, int[] starts, int[] steps, int[] counts)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            var output = new Shape(counts);
            byte[] expected = MovementOracle.Pick(input, output, index => [.. index.Select((i, axis) => starts[axis] + (i * steps[axis]))]);
            EveryRow.Gives(StridedCopyKernels.Table, SliceKernels.Problem(input.Shape, output, starts, steps, type.Size()), [input], [new TensorInfo(type, output)], [expected]);
        }
    }

    [Theory]
    [MemberData(nameof(Expansions))]
    public void EveryRowExpands(int[] dims, int[] wanted)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            var output = new Shape(wanted);
            int added = wanted.Length - dims.Length;
            byte[] expected = MovementOracle.Pick(input, output, index => [.. dims.Select((dim, axis) => dim == 1 ? 0 : index[axis + added])]);
            EveryRow.Gives(StridedCopyKernels.Table, ExpandKernels.Problem(input.Shape, output, type.Size()), [input], [new TensorInfo(type, output)], [expected]);
        }
    }

    [Theory]
    [MemberData(nameof(Tilings))]
    public void EveryRowTiles(int[] dims, int[] repeats)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            var output = new Shape([.. dims.Select((dim, axis) => dim * repeats[axis])]);
            byte[] expected = MovementOracle.Pick(input, output, index => [.. index.Select((i, axis) => i % dims[axis])]);
            EveryRow.Gives(StridedCopyKernels.Table, ExpandKernels.TileProblem(input.Shape, repeats, type.Size()), [input], [new TensorInfo(type, output)], [expected]);
        }
    }

    [Fact]
    public void SimplifyingMergesAxesAndWidensElements()
    {
        StridedCopyProblem simple = TransposeKernels.Problem(new Shape(2, 3, 5, 2), [0, 2, 1, 3], 4).Simplify();
        Assert.Equal(8, simple.ElementBytes);
        Assert.Equal([2, 5, 3], simple.Dims);
        StridedCopyProblem same = TransposeKernels.Problem(new Shape(2, 3, 5), [0, 1, 2], 1).Simplify();
        Assert.Equal([30], same.Dims);
    }

    [Fact]
    public void EmptyOutputsOfHugeDimensionsAreNoProblem()
    {
        var huge = new Shape(0, int.MaxValue, int.MaxValue, int.MaxValue);
        Assert.Equal(0, TransposeKernels.Problem(huge, [3, 2, 1, 0], 4).Count);
        Assert.Equal(0, SliceKernels.Problem(huge, huge, [0, 0, 0, 0], [1, 1, 1, 1], 4).Count);
        Assert.Equal(0, ExpandKernels.Problem(huge, huge, 4).Count);
        Assert.Equal(0, ExpandKernels.TileProblem(huge, [1, 1, 1, 1], 4).Count);
        Assert.Equal(0, PartsProblem.Of(huge, 1, [int.MaxValue], 4).Rows);
    }
}
