using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ScatterTests
{
    public static TheoryData<ScatterReduction> Reductions => [.. Enum.GetValues<ScatterReduction>()];

    [Theory]
    [MemberData(nameof(Reductions))]
    public void ElementsAreCombinedInOrder(ScatterReduction reduction)
    {
        foreach ((int[] dims, int axis, int[] listDims) in new (int[], int, int[])[] { ([5], 0, [9]), ([3, 4], 1, [2, 6]), ([3, 4, 2], 0, [7, 2, 2]), ([2, 2], 0, [0, 2]) })
        {
            Tensor data = RandomTensor.F32(new Shape(dims), 1);
            Tensor updates = RandomTensor.F32(new Shape(listDims), 2);
            Tensor indices = GatherTests.Indices(DataType.S64, updates.Shape, _ => dims[axis]);
            Tensor expected = data.Clone();
            for (int i = 0; i < updates.Count; i++)
            {
                int[] place = MovementOracle.Index(updates.Shape, i);
                long index = indices.Span<long>()[i];
                place[axis] = (int)(index < 0 ? index + dims[axis] : index);
                ref float target = ref expected.Span<float>()[MovementOracle.Offset(data.Shape, place)];
                target = Combine(reduction, target, updates.Span<float>()[i]);
            }
            EveryRow.Gives(
                ScatterElementsKernels.Table,
                new IndexedElementsProblem(data.Shape, indices.Shape, axis, DataType.F32, DataType.S64, reduction),
                [data, indices, updates],
                [data.Info],
                [expected.ByteSpan().ToArray()]);
        }
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void SlicesAreCombinedInOrder(ScatterReduction reduction)
    {
        foreach ((int[] dims, int[] indexDims) in new (int[], int[])[] { ([5], [9, 1]), ([3, 4], [7, 1]), ([3, 4, 5], [2, 3, 2]), ([4, 3], [2, 0]), ([4, 3], [0, 1]) })
        {
            int length = indexDims[^1];
            Tensor data = RandomTensor.F32(new Shape(dims), 1);
            Tensor indices = GatherTests.Indices(DataType.S32, new Shape(indexDims), i => dims[i % Math.Max(1, length)]);
            Tensor updates = RandomTensor.F32(new Shape([.. indexDims[..^1], .. dims[length..]]), 2);
            Tensor expected = data.Clone();
            for (int i = 0; i < updates.Count; i++)
            {
                int[] place = MovementOracle.Index(updates.Shape, i);
                int[] tuple = [.. Enumerable.Range(0, length).Select(k => (int)indices.ToInt64()[MovementOracle.Offset(indices.Shape, [.. place[..(indexDims.Length - 1)], k])])];
                int[] target = [.. tuple.Select((t, k) => t < 0 ? t + dims[k] : t), .. place[(indexDims.Length - 1)..]];
                ref float element = ref expected.Span<float>()[MovementOracle.Offset(data.Shape, target)];
                element = Combine(reduction, element, updates.Span<float>()[i]);
            }
            var slices = IndexedSlicesProblem.Of(data.Shape, indices.Shape, 0, DataType.F32, DataType.S32, reduction);
            EveryRow.Gives(ScatterNdKernels.Table, new ScatterNdProblem(slices, data.Bytes), [data, indices, updates], [data.Info], [expected.ByteSpan().ToArray()]);
        }
    }

    [Fact]
    public void EveryNumberTypeIsCombined()
    {
        foreach (DataType type in DataTypes.All.Where(t => t != DataType.Bool))
        {
            Tensor data = Tensor.Allocate(type, new Shape(2));
            Tensor updates = Tensor.Allocate(type, new Shape(3));
            updates.ByteSpan().Fill(0x11);
            Tensor indices = Tensor.FromVector(1L, 0L, 1L);
            Tensor[] results = EveryRow.AgreesWithReference(
                ScatterElementsKernels.Table, new IndexedElementsProblem(data.Shape, indices.Shape, 0, type, DataType.S64, ScatterReduction.Add), [data, indices, updates], data.Info);
            double[] sums = results[0].ToDouble();
            Assert.Equal(updates.ToDouble()[0], sums[0]);
            Assert.Equal(2 * sums[0], sums[1]);
        }
        Assert.Empty(ScatterElementsKernels.Table.Candidates(
            new IndexedElementsProblem(new Shape(1), new Shape(1), 0, DataType.Bool, DataType.S64, ScatterReduction.Max), Edge.Kernels.Dispatch.Cpu.Features));
    }

    private static float Combine(ScatterReduction reduction, float a, float b) => reduction switch
    {
        ScatterReduction.Add => a + b,
        ScatterReduction.Mul => a * b,
        ScatterReduction.Max => Math.Max(a, b),
        ScatterReduction.Min => Math.Min(a, b),
        _ => b,
    };
}
