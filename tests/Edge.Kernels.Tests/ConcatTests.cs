using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class ConcatTests
{
    /// <summary>Shape of the whole, axis, sizes of the parts.</summary>
    public static TheoryData<int[], int, int[]> Cases => new()
    {
        { [7], 0, [7] },
        { [7], 0, [3, 0, 4] },
        { [6, 5], 0, [1, 2, 3] },
        { [6, 5], 1, [2, 3] },
        { [2, 17, 3, 4], 1, [1, 16] },
        { [3, 2, 9], 2, [1, 1, 1, 6] },
        { [3, 0, 4], 2, [1, 3] },
        { [0], 0, [0, 0] },
        { [5, 64, 33], 1, [31, 33] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowJoinsAndCuts(int[] dims, int axis, int[] sizes)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            Tensor whole = RandomTensor.Bytes(type, new Shape(dims), 1);
            var parts = new Tensor[sizes.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                int start = sizes[..i].Sum();
                parts[i] = Tensor.Allocate(type, whole.Shape.With(axis, sizes[i]));
                MovementOracle.Pick(whole, parts[i].Shape, index => [.. index.Select((place, a) => a == axis ? place + start : place)]).CopyTo(parts[i].ByteSpan());
            }
            PartsProblem problem = PartsProblem.Of(whole.Shape, axis, sizes, type.Size());
            EveryRow.Gives(ConcatKernels.Table, problem, parts, [whole.Info], [whole.ByteSpan().ToArray()]);
            EveryRow.Gives(SplitKernels.Table, problem, [whole], [.. parts.Select(p => p.Info)], [.. parts.Select(p => p.ByteSpan().ToArray())]);
        }
    }
}
