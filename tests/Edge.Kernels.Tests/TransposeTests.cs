using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class TransposeTests
{
    public static TheoryData<int[], int[]> Cases => new()
    {
        { [2, 3], [1, 0] },
        { [1], [0] },
        { [], [] },
        { [2, 0, 3], [2, 0, 1] },
        { [2, 3, 5, 7], [0, 2, 3, 1] },
        { [2, 3, 5, 7], [3, 1, 0, 2] },
        { [17, 33], [1, 0] },
        { [3, 4], [1, 0] },
        { [5, 4], [1, 0] },
        { [16, 5], [1, 0] },
        { [3, 5, 1, 16], [0, 3, 2, 1] },
        { [2, 4, 8, 4], [0, 2, 1, 3] },
        { [2, 3, 19, 21], [0, 2, 3, 1] },
        { [2, 19, 21, 3], [0, 3, 1, 2] },
        { [150, 3, 131], [1, 2, 0] },
        { [2, 2, 2, 2, 2, 2], [5, 3, 1, 4, 2, 0] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowMovesElementsToTheirPlaces(int[] dims, int[] permutation)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            Shape output = TransposeKernels.OutputShape(input.Shape, permutation);
            byte[] expected = MovementOracle.Pick(input, output, index =>
            {
                var source = new int[index.Length];
                for (int i = 0; i < index.Length; i++)
                {
                    source[permutation[i]] = index[i];
                }
                return source;
            });
            EveryRow.Gives(StridedCopyKernels.Table, TransposeKernels.Problem(input.Shape, permutation, type.Size()), [input], [new TensorInfo(type, output)], [expected]);
        }
    }
}
