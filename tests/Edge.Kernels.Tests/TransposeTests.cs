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
        { [3, 5, 1, 16], [0, 3, 2, 1] },
        { [2, 4, 8, 4], [0, 2, 1, 3] },
        { [2, 3, 19, 21], [0, 2, 3, 1] },
        { [150, 3, 131], [1, 2, 0] },
        { [2, 2, 2, 2, 2, 2], [5, 3, 1, 4, 2, 0] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowMovesElementsToTheirPlaces(int[] dims, int[] permutation)
    {
        foreach (DataType type in new[] { DataType.U8, DataType.F16, DataType.F32, DataType.S64 })
        {
            Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
            StridedCopyProblem problem = TransposeKernels.Problem(input.Shape, permutation, type.Size());
            var info = new TensorInfo(type, TransposeKernels.OutputShape(input.Shape, permutation));
            EveryRow.Gives(StridedCopyKernels.Table, problem, [input], [info], [Expected(input, permutation, info)]);
        }
    }

    /// <summary>Written without strides: decodes each output index and looks the element up.</summary>
    private static byte[] Expected(Tensor input, int[] permutation, TensorInfo info)
    {
        int size = input.Type.Size();
        int[] dims = info.KnownShape.ToArray();
        var result = new byte[info.Bytes];
        for (int i = 0; i < info.KnownShape.Count; i++)
        {
            var source = new int[dims.Length];
            int rest = i;
            for (int axis = dims.Length - 1; axis >= 0; axis--)
            {
                source[permutation[axis]] = rest % dims[axis];
                rest /= dims[axis];
            }
            int offset = 0;
            for (int axis = 0; axis < dims.Length; axis++)
            {
                offset = (offset * input.Shape[axis]) + source[axis];
            }
            input.ByteSpan().Slice(offset * size, size).CopyTo(result.AsSpan(i * size));
        }
        return result;
    }
}
