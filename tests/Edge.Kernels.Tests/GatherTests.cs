using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class GatherTests
{
    /// <summary>Dimensions, axis, dimensions of the indices.</summary>
    public static TheoryData<int[], int, int[]> Slices => new()
    {
        { [5], 0, [] },
        { [5], 0, [3] },
        { [5, 3], 0, [2, 2] },
        { [5, 3], 1, [7] },
        { [2, 6, 17], 1, [4] },
        { [2, 6, 2], 1, [3, 1] },
        { [2, 0, 3], 2, [4] },
        { [2, 3], 1, [0] },
        { [3, 4, 300], 0, [6] },
    };

    /// <summary>Dimensions, axis, dimensions of the indices.</summary>
    public static TheoryData<int[], int, int[]> Elements => new()
    {
        { [5], 0, [7] },
        { [5, 3], 0, [2, 3] },
        { [5, 3], 1, [4, 6] },
        { [2, 4, 3], 1, [2, 7, 1] },
        { [2, 4, 3], 0, [5, 4, 2] },
        { [3, 2], 1, [0, 2] },
    };

    /// <summary>Dimensions, batch dimensions, dimensions of the indices.</summary>
    public static TheoryData<int[], int, int[]> Tuples => new()
    {
        { [5], 0, [3, 1] },
        { [5, 3], 0, [2] },
        { [5, 3], 0, [4, 2] },
        { [5, 3, 9], 0, [2, 2, 1] },
        { [2, 3, 4, 5], 1, [2, 6, 2] },
        { [2, 3, 4], 2, [2, 3, 1] },
        { [4, 3], 0, [3, 0] },
        { [4, 0], 0, [3, 1] },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void EveryRowGathersSlices(int[] dims, int axis, int[] indexDims)
    {
        foreach ((DataType type, DataType indexType) in Types())
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            Tensor indices = Indices(indexType, new Shape(indexDims), _ => dims[axis]);
            var output = new Shape([.. dims[..axis], .. indexDims, .. dims[(axis + 1)..]]);
            byte[] expected = MovementOracle.Pick(input, output, index =>
                [.. index[..axis], Resolved(indices, index.AsSpan(axis, indexDims.Length), dims[axis]), .. index[(axis + indexDims.Length)..]]);
            EveryRow.Gives(GatherKernels.Table, GatherProblem.Of(input.Shape, axis, indices.Shape, type.Size(), indexType), [input, indices], [new TensorInfo(type, output)], [expected]);
        }
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void EveryRowGathersElements(int[] dims, int axis, int[] indexDims)
    {
        foreach ((DataType type, DataType indexType) in Types())
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            Tensor indices = Indices(indexType, new Shape(indexDims), _ => dims[axis]);
            byte[] expected = MovementOracle.Pick(input, indices.Shape, index => [.. index.Select((place, a) => a == axis ? Resolved(indices, index, dims[axis]) : place)]);
            EveryRow.Gives(
                GatherElementsKernels.Table, new IndexedElementsProblem(input.Shape, indices.Shape, axis, type, indexType), [input, indices], [new TensorInfo(type, indices.Shape)], [expected]);
        }
    }

    [Theory]
    [MemberData(nameof(Tuples))]
    public void EveryRowGathersByTuples(int[] dims, int batch, int[] indexDims)
    {
        foreach ((DataType type, DataType indexType) in Types())
        {
            int length = indexDims[^1];
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            Tensor indices = Indices(indexType, new Shape(indexDims), i => dims[batch + (i % Math.Max(1, length))]);
            var output = new Shape([.. indexDims[..^1], .. dims[(batch + length)..]]);
            byte[] expected = MovementOracle.Pick(input, output, index =>
            [
                .. index[..batch],
                .. Enumerable.Range(0, length).Select(k => Resolved(indices, [.. index[..(indexDims.Length - 1)], k], dims[batch + k])),
                .. index[(indexDims.Length - 1)..],
            ]);
            EveryRow.Gives(
                GatherNdKernels.Table, IndexedSlicesProblem.Of(input.Shape, indices.Shape, batch, type, indexType), [input, indices], [new TensorInfo(type, output)], [expected]);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-4)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void IndicesOutsideAreRefused(long wrong)
    {
        Tensor data = RandomTensor.F32(new Shape(3, 2), 1);
        Tensor list = Tensor.FromVector(0L, wrong);
        Refuses(GatherKernels.Table, GatherProblem.Of(data.Shape, 0, list.Shape, 4, DataType.S64), [data, list], new Shape(2, 2));
        Tensor elements = list.Reshape(new Shape(2, 1));
        Refuses(GatherElementsKernels.Table, new IndexedElementsProblem(data.Shape, elements.Shape, 0, DataType.F32, DataType.S64), [data, elements], elements.Shape);
        Refuses(GatherNdKernels.Table, IndexedSlicesProblem.Of(data.Shape, elements.Shape, 0, DataType.F32, DataType.S64), [data, elements], new Shape(2, 2));
        Tensor updates = RandomTensor.F32(new Shape(2, 2), 1);
        var slices = IndexedSlicesProblem.Of(data.Shape, elements.Shape, 0, DataType.F32, DataType.S64);
        Refuses(ScatterNdKernels.Table, new ScatterNdProblem(slices, data.Bytes), [data, elements, updates], data.Shape);
        Refuses(ScatterElementsKernels.Table, new IndexedElementsProblem(data.Shape, elements.Shape, 0, DataType.F32, DataType.S64), [data, elements, updates], data.Shape);
    }

    private static void Refuses<TProblem>(KernelTable<TProblem> table, TProblem problem, Tensor[] inputs, Shape output)
    {
        foreach (KernelRow<TProblem> row in table.Candidates(problem, Cpu.Features))
        {
            using Kernel kernel = row.Create(problem);
            var thrown = Assert.Throws<KernelValueException>(() => KernelRunner.Run(kernel, inputs, [new TensorInfo(DataType.F32, output)]));
            Assert.Contains("expected -3 to 2", thrown.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<(DataType Type, DataType IndexType)> Types() =>
        MovementOracle.Sizes.SelectMany(_ => new[] { DataType.S32, DataType.S64 }, (type, index) => (type, index));

    private static int Resolved(Tensor indices, ReadOnlySpan<int> place, int dim)
    {
        int index = (int)indices.ToInt64()[MovementOracle.Offset(indices.Shape, place)];
        return index < 0 ? index + dim : index;
    }

    /// <summary>Random indices, negative ones among them, below <paramref name="dim"/> of their number.</summary>
    internal static Tensor Indices(DataType type, Shape shape, Func<int, int> dim)
    {
        var random = new Random(7);
        long[] values = [.. Enumerable.Range(0, (int)shape.Count).Select(i => (long)random.Next(-dim(i), dim(i)))];
        return type == DataType.S64 ? Tensor.From<long>(shape, values) : Tensor.From<int>(shape, [.. values.Select(v => (int)v)]);
    }
}
