using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class PadTests
{
    /// <summary>Dimensions, elements added in front and behind.</summary>
    public static TheoryData<int[], int[], int[]> Cases => new()
    {
        { [], [], [] },
        { [4], [2], [3] },
        { [4], [0], [0] },
        { [4], [-1], [2] },
        { [4], [9], [-3] },
        { [1], [3], [2] },
        { [3, 4], [1, 0], [0, 2] },
        { [3, 4], [2, 0], [1, 0] },
        { [3, 4], [0, -1], [0, -2] },
        { [2, 3, 5, 7], [0, 0, 1, 2], [0, 0, 3, 4] },
        { [2, 3, 5, 7], [1, 2, 0, 0], [1, 0, 0, 0] },
        { [2, 3, 5, 7], [0, -1, 2, 0], [0, 2, -1, 0] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowPadsInEveryMode(int[] dims, int[] before, int[] after)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            foreach (PadMode mode in Enum.GetValues<PadMode>())
            {
                Tensor input = RandomTensor.Bytes(type, new Shape(dims), 1);
                var problem = new PadProblem(input.Shape, before, after, mode, type.Size(), 0);
                byte[] expected = MovementOracle.Pick(input, problem.Output, index =>
                {
                    int[] source = [.. index.Select((place, axis) => Source(mode, place, dims[axis], before[axis], after[axis]))];
                    return source.Contains(-1) ? null : source;
                });
                EveryRow.Gives(PadKernels.Table, problem, [input], [new TensorInfo(type, problem.Output)], [expected]);
            }
        }
    }

    [Fact]
    public void TheValueFills()
    {
        Tensor input = Tensor.FromVector(1f, 2f);
        var problem = new PadProblem(input.Shape, [2], [1], PadMode.Constant, 4, PadKernels.Bits(DataType.F32, -7.5f));
        var info = new TensorInfo(DataType.F32, problem.Output);
        Assert.Equal([-7.5f, -7.5f, 1, 2, -7.5f], EveryRow.AgreesWithReference(PadKernels.Table, problem, [input], info)[0].ToArray<float>());
        Tensor value = Tensor.FromScalar(9f);
        Assert.Equal([9f, 9, 1, 2, 9], EveryRow.AgreesWithReference(PadKernels.Table, problem with { FillIsInput = true }, [input, null, value], info)[0].ToArray<float>());
    }

    [Fact]
    public void AnEmptyTensorCanBeFilled()
    {
        Tensor input = Tensor.Allocate(DataType.S16, new Shape(2, 0));
        var problem = new PadProblem(input.Shape, [0, 1], [0, 2], PadMode.Constant, 2, PadKernels.Bits(DataType.S16, 3));
        Tensor[] outputs = EveryRow.AgreesWithReference(PadKernels.Table, problem, [input], new TensorInfo(DataType.S16, new Shape(2, 3)));
        Assert.All(outputs[0].ToArray<short>(), v => Assert.Equal(3, v));
    }

    [Theory]
    [InlineData(DataType.F32, 1.5f, 0x3FC00000)]
    [InlineData(DataType.F16, 1.5f, 0x3E00)]
    [InlineData(DataType.S8, -1f, 0xFF)]
    [InlineData(DataType.S8, 1000f, 0x7F)]
    [InlineData(DataType.U8, -3f, 0)]
    [InlineData(DataType.Bool, 2f, 1)]
    [InlineData(DataType.S64, -1f, ulong.MaxValue)]
    public void BitsAreThoseOfTheType(DataType type, float value, ulong bits) => Assert.Equal(bits, PadKernels.Bits(type, value));

    /// <summary>Walks from the place into the kept elements, one reflection or turn at a time.</summary>
    private static int Source(PadMode mode, int place, int dim, int before, int after)
    {
        int first = Math.Max(0, -before);
        int last = dim - 1 - Math.Max(0, -after);
        int source = place - before;
        while (source < first || source > last)
        {
            switch (mode)
            {
                case PadMode.Constant: return -1;
                case PadMode.Edge: return Math.Clamp(source, first, last);
                case PadMode.Wrap: source += source < first ? last - first + 1 : first - last - 1; break;
                default:
                    if (first == last)
                    {
                        return first;
                    }
                    source = source < first ? (2 * first) - source : (2 * last) - source;
                    break;
            }
        }
        return source;
    }
}
