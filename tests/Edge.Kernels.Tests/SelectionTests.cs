using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class SelectionTests
{
    public static TheoryData<int, int, long> Triangles
    {
        get
        {
            var cases = new TheoryData<int, int, long>();
            foreach ((int rows, int columns) in new[] { (1, 1), (4, 4), (3, 7), (7, 3), (0, 3), (3, 0) })
            {
                foreach (long k in new[] { 0, 1, -1, 2, -3, 100, -100, long.MaxValue, long.MinValue })
                {
                    cases.Add(rows, columns, k);
                }
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Triangles))]
    public void EveryRowKeepsTriangles(int rows, int columns, long k)
    {
        foreach (DataType type in MovementOracle.Sizes)
        {
            foreach (bool upper in new[] { true, false })
            {
                Tensor input = RandomTensor.Bytes(type, new Shape(2, rows, columns), 1);
                byte[] expected = MovementOracle.Pick(input, input.Shape, index =>
                    (upper ? index[2] >= (Int128)k + index[1] : index[2] <= (Int128)k + index[1]) ? index : null);
                var problem = new TriluProblem(2, rows, columns, upper, k, type.Size());
                EveryRow.Gives(TriluKernels.Table, problem, [input], [input.Info], [expected]);
                EveryRow.Gives(TriluKernels.Table, problem with { K = 0, DiagonalIsInput = true }, [input, Tensor.FromScalar(k)], [input.Info], [expected]);
            }
        }
    }

    [Fact]
    public void OneHotCountsNegativeIndicesFromTheEnd()
    {
        Tensor indices = Tensor.From<int>(new Shape(2, 2), [0, -1, 3, -4]);
        var problem = new OneHotProblem(2, 3, 2, DataType.S32, 4);
        Tensor values = Tensor.FromVector(5f, 9f);
        Tensor output = EveryRow.AgreesWithReference(OneHotKernels.Table, problem, [indices, null, values], new TensorInfo(DataType.F32, new Shape(2, 3, 2)))[0];
        Assert.Equal([9f, 5, 5, 5, 5, 9, 5, 5, 5, 5, 5, 5], output.ToArray<float>());
    }

    [Fact]
    public void EyeLikeHasOnesOnTheDiagonal()
    {
        Tensor output = EveryRow.AgreesWithReference(EyeLikeKernels.Table, new EyeLikeProblem(3, 4, -1, DataType.F16), [], new TensorInfo(DataType.F16, new Shape(3, 4)))[0];
        Assert.Equal([0d, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0], output.ToDouble());
    }

    [Fact]
    public void RangeCountsInEveryType()
    {
        foreach (DataType type in DataTypes.All.Where(t => t != DataType.Bool))
        {
            Tensor start = Tensor.Allocate(type, Shape.Scalar);
            Tensor one = EveryRow.AgreesWithReference(EyeLikeKernels.Table, new EyeLikeProblem(1, 1, 0, type), [], new TensorInfo(type, new Shape(1, 1)))[0];
            Tensor output = EveryRow.AgreesWithReference(RangeKernels.Table, new RangeProblem(5, type), [start, null, one], new TensorInfo(type, new Shape(5)))[0];
            Assert.Equal([0d, 1, 2, 3, 4], output.ToDouble());
        }
    }

    [Fact]
    public void NonZeroListsIndices()
    {
        Tensor input = Tensor.From<float>(new Shape(2, 3), [0, 4, -0f, float.NaN, 0, 1]);
        Assert.Equal([0L, 1, 1, 1, 0, 2], Measured(NonZeroKernels.Table, new NonZeroProblem(input.Shape, DataType.F32), [input], DataType.S64, new Shape(2, 3)).ToArray<long>());
        Tensor scalar = Tensor.FromScalar(true);
        Measured(NonZeroKernels.Table, new NonZeroProblem(Shape.Scalar, DataType.Bool), [scalar], DataType.S64, new Shape(0, 1));
        Tensor empty = Tensor.Allocate(DataType.S8, new Shape(3, 0));
        Measured(NonZeroKernels.Table, new NonZeroProblem(empty.Shape, DataType.S8), [empty], DataType.S64, new Shape(2, 0));
    }

    [Fact]
    public void CompressKeepsMarkedSlices()
    {
        Tensor input = Tensor.From<short>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Tensor mask = Tensor.FromVector(false, true);
        Assert.Equal([2, 5], Measured(CompressKernels.Table, new CompressProblem(2, 3, 2, 2, input.Shape, 1), [input, mask], DataType.S16, new Shape(2, 1)).ToArray<short>());
        Assert.Equal([4, 5, 6], Measured(CompressKernels.Table, new CompressProblem(1, 2, 6, 2, input.Shape, 0), [input, mask], DataType.S16, new Shape(1, 3)).ToArray<short>());
    }

    [Fact]
    public void ReverseSequenceReversesTheFirstElements()
    {
        Tensor input = Tensor.From<int>(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        var info = new TensorInfo(DataType.S32, new Shape(3, 2));
        Tensor timeFirst = EveryRow.AgreesWithReference(ReverseSequenceKernels.Table, new ReverseSequenceProblem(3, 2, 4, true), [input, Tensor.FromVector(3L, 2L)], info)[0];
        Assert.Equal([5, 4, 3, 2, 1, 6], timeFirst.ToArray<int>());
        Tensor batchFirst = EveryRow.AgreesWithReference(ReverseSequenceKernels.Table, new ReverseSequenceProblem(2, 3, 4, false), [input, Tensor.FromVector(0L, 1L, 2L)], info)[0];
        Assert.Equal([1, 2, 3, 4, 6, 5], batchFirst.ToArray<int>());
        using Kernel kernel = ReverseSequenceKernels.Table.Prepare(new ReverseSequenceProblem(2, 3, 4, false), KernelQuery.Default).Kernel;
        Assert.Throws<KernelValueException>(() => KernelRunner.Run(kernel, [input, Tensor.FromVector(0L, 3L, 2L)], [info]));
    }

    [Fact]
    public void Col2ImAddsOverlaps()
    {
        // An image of 3 elements, blocks of 2 with step 1 and one element cut off in front: positions start at -1, 0, 1.
        Tensor columns = Tensor.From<float>(new Shape(1, 2, 3), [1, 2, 3, 10, 20, 30]);
        var problem = new Col2ImProblem(1, [3], [2], [3], [1], [1], [1], DataType.F32);
        Tensor image = EveryRow.AgreesWithReference(Col2ImKernels.Table, problem, [columns], new TensorInfo(DataType.F32, new Shape(1, 1, 3)))[0];
        Assert.Equal([12f, 23, 30], image.ToArray<float>());
    }

    [Fact]
    public void EinsumSumsProducts()
    {
        // ij,jk->ik
        Tensor a = Tensor.From<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Tensor b = Tensor.From<float>(new Shape(3, 2), [1, 0, 0, 1, 1, 1]);
        var product = new EinsumProblem([2, 2, 3], 2, [[3, 0, 1], [0, 1, 2]], DataType.F32);
        Assert.Equal([4f, 5, 10, 11], EveryRow.AgreesWithReference(EinsumKernels.Table, product, [a, b], new TensorInfo(DataType.F32, new Shape(2, 2)))[0].ToArray<float>());
        var empty = new EinsumProblem([2, 0], 1, [[0, 1]], DataType.S32);
        Tensor nothing = Tensor.Allocate(DataType.S32, new Shape(2, 0));
        Assert.Equal([0, 0], EveryRow.AgreesWithReference(EinsumKernels.Table, empty, [nothing], new TensorInfo(DataType.S32, new Shape(2)))[0].ToArray<int>());
    }

    [Fact]
    public void KnownIntegersAreWritten()
    {
        Tensor output = EveryRow.AgreesWithReference(KnownIntegersKernels.Table, new KnownIntegersProblem([3, long.MinValue]), [], new TensorInfo(DataType.S64, new Shape(2)))[0];
        Assert.Equal([3, long.MinValue], output.ToArray<long>());
    }

    private static unsafe Tensor Measured<TProblem>(KernelTable<TProblem> table, TProblem problem, Tensor[] inputs, DataType type, Shape expected)
    {
        using (Kernel kernel = table.Prepare(problem, KernelQuery.Default).Kernel)
        {
            byte** sources = stackalloc byte*[inputs.Length];
            for (int i = 0; i < inputs.Length; i++)
            {
                sources[i] = inputs[i].Data;
            }
            Assert.Equal([expected], Assert.IsAssignableFrom<IDataDependentKernel>(kernel).MeasureOutputs(new KernelContext(sources, null, null, WorkerPool.Single)));
            GC.KeepAlive(inputs);
        }
        return EveryRow.AgreesWithReference(table, problem, inputs, new TensorInfo(type, expected))[0];
    }
}
