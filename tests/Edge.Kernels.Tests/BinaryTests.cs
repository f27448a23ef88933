using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Every binary function and Where: each row over every broadcasting pattern, against a lookup by index.</summary>
public class BinaryTests
{
    public static TheoryData<int[], int[]> Shapes => new()
    {
        { [], [] }, { [1], [] }, { [0], [1] }, { [3, 0], [1] }, { [7], [7] }, { [8], [1] }, { [1], [9] }, { [15], [] }, { [], [17] },
        { [2, 3, 5, 7], [2, 3, 5, 7] }, { [2, 3, 5, 7], [3, 1, 1] }, { [3, 1, 1], [2, 3, 5, 7] }, { [2, 3, 5, 7], [7] },
        { [2, 3, 5, 7], [5, 1] }, { [2, 1, 5, 1], [1, 3, 1, 7] }, { [2, 3, 4, 4], [2, 3, 1, 1] }, { [1, 16, 9], [2, 1, 9] },
        { [4, 1], [1, 4] }, { [2, 1, 1, 1, 33], [3, 1, 2, 1] }, { [20001], [20001] }, { [20001], [1] }, { [3, 8193], [3, 1] },
        { [2, 8192], [1, 8192] }, { [5000, 3], [5000, 1] }, { [5000, 3], [3] },
    };

    /// <summary>The type that each function is compared in.</summary>
    public static TheoryData<string, DataType> Functions => new()
    {
        { "Add", DataType.F32 }, { "Sub", DataType.F32 }, { "Mul", DataType.F32 }, { "Div", DataType.F32 }, { "Max", DataType.F32 },
        { "Min", DataType.F32 }, { "PRelu", DataType.F32 }, { "Pow", DataType.F32 }, { "Mod", DataType.S32 }, { "Fmod", DataType.F32 },
        { "Equal", DataType.S8 }, { "Greater", DataType.F32 }, { "Less", DataType.S64 }, { "GreaterOrEqual", DataType.F32 },
        { "LessOrEqual", DataType.U16 }, { "And", DataType.Bool }, { "Or", DataType.Bool }, { "Xor", DataType.Bool },
        { "BitwiseAnd", DataType.S32 }, { "BitwiseOr", DataType.U8 }, { "BitwiseXor", DataType.S64 }, { "ShiftLeft", DataType.U8 },
        { "ShiftRight", DataType.U32 },
    };

    [Fact]
    public void EveryFunctionHasACase() =>
        Assert.Equal(BinaryFunctions.All.Select(f => f.Name).Order(), Functions.Select(c => c.Data.Item1).Order());

    [Theory]
    [MemberData(nameof(Functions))]
    public void EveryRowBroadcasts(string name, DataType type)
    {
        BinaryFunction function = BinaryFunctions.Find(name);
        foreach ((int[] a, int[] b) in Shapes.Select(s => s.Data))
        {
            Tensor left = Numbers(type, new Shape(a), 1);
            Tensor right = Numbers(type, new Shape(b), 2);
            var problem = new BinaryProblem(type, left.Shape, right.Shape);
            var info = new TensorInfo(function.ResultType(type), problem.Output);
            byte[] expected = ByIndex(function, left, right, info);
            foreach (KernelRow<BinaryProblem> row in function.Table.Candidates(problem, Cpu.Features))
            {
                using Kernel kernel = row.Create(problem);
                Tensor actual = KernelRunner.Run(kernel, [left, right], [info], threads: 2)[0];
                Assert.True(expected.AsSpan().SequenceEqual(actual.ByteSpan()), $"{row.Name} of {left.Shape} and {right.Shape}");
            }
        }
    }

    [Theory]
    [InlineData("Add")]
    [InlineData("Sub")]
    [InlineData("Mul")]
    [InlineData("Div")]
    [InlineData("Max")]
    [InlineData("Min")]
    [InlineData("PRelu")]
    public unsafe void RowsTreatSpecialValuesAlikeAndMayRunInPlace(string name)
    {
        BinaryFunction function = BinaryFunctions.Find(name);
        int n = RandomTensor.Specials.Length;
        Tensor a = Tensor.FromVector<float>([.. Enumerable.Range(0, n * n).Select(i => RandomTensor.Specials[i / n])]);
        Tensor b = Tensor.FromVector<float>([.. Enumerable.Range(0, n * n).Select(i => RandomTensor.Specials[i % n])]);
        var problem = new BinaryProblem(DataType.F32, a.Shape, b.Shape);
        float[]? expected = null;
        foreach (KernelRow<BinaryProblem> row in function.Table.Candidates(problem, Cpu.Features).Reverse())
        {
            using Kernel kernel = row.Create(problem);
            float[] actual = KernelRunner.Run(kernel, [a, b], [a.Info])[0].ToArray<float>();
            expected ??= actual;
            Assert.Equal(expected, actual);
            for (int operand = 0; operand < 2; operand++)
            {
                Tensor shared = (operand == 0 ? a : b).Clone();
                byte*[] inputs = operand == 0 ? [shared.Data, b.Data] : [a.Data, shared.Data];
                byte*[] outputs = [shared.Data];
                fixed (byte** sources = inputs)
                fixed (byte** targets = outputs)
                {
                    kernel.Run(new KernelContext(sources, targets, null, Threading.WorkerPool.Single));
                }
                Assert.Equal(expected, shared.ToArray<float>());
            }
        }
    }

    /// <summary>Output shape in blocks, then the shape of the other operand: null = the same, in blocks.</summary>
    public static TheoryData<int[], int[]?> BlockedShapes => new()
    {
        { [1, 1, 1], null }, { [2, 3, 5, 7], null }, { [1, 8, 9], null }, { [1, 17, 40, 40], null }, { [2, 9, 600], null },
        { [2, 3, 5, 7], [3, 1, 1] }, { [2, 7, 5], [1, 7, 1] }, { [2, 8, 3, 3], [2, 8, 1, 1] }, { [3, 9, 2, 2], [3, 9, 1, 1] },
        { [1, 17, 33, 33], [17, 1, 1] }, { [2, 24, 7, 7], [2, 24, 1, 1] }, { [2, 24, 7, 7], [24, 1, 1] }, { [1, 16, 600], [1, 16, 1] },
        { [2, 1, 4, 4], [2, 1, 1, 1] }, { [2, 9, 5, 5], [] }, { [1, 8, 5000], [1, 1, 1] }, { [1, 9, 1, 1], [1, 9, 1, 1] }, { [0, 9, 2, 2], null },
    };

    [Theory]
    [MemberData(nameof(BlockedShapes))]
    public void EveryRowOfBlocksAgrees(int[] dims, int[]? other)
    {
        foreach (string name in new[] { "Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu" })
        {
            CheckBlocks(name, new Shape(dims), other, Activation.None);
        }
        CheckBlocks("Add", new Shape(dims), other, new Activation(ActivationKind.Relu));
        CheckBlocks("Mul", new Shape(dims), other, new Activation(ActivationKind.HardSigmoid, 0.3f, 0.4f));
    }

    private static void CheckBlocks(string name, Shape shape, int[]? other, Activation activation)
    {
        Tensor whole = Blocked.From(RandomTensor.F32WithSpecials(shape, 1), Layout.Blocked8);
        Layout layout = other is null ? Layout.Blocked8 : Layout.Planar;
        Tensor right = Blocked.From(RandomTensor.F32WithSpecials(other is null ? shape : new Shape(other), 2), layout);
        BinaryFunction function = BinaryFunctions.Find(name);
        var problem = new BinaryProblem(DataType.F32, shape, right.Shape, activation, Layout.Blocked8, layout);
        string[] rows = RowChecks.AgreeWithReference(function.Table, problem, [whole, right], [whole.Info], 1e-6);
        Assert.True(rows.Length > 1 || Cpu.Features == CpuFeatures.None || shape.Count == 0, "only the reference ran");
        BinaryProblem swapped = problem with { A = right.Shape, B = shape, LayoutA = layout, LayoutB = Layout.Blocked8 };
        RowChecks.AgreeWithReference(function.Table, swapped, [right, whole], [whole.Info], 1e-6);
        if (activation.Kind != ActivationKind.None || shape.Count == 0)
        {
            return;
        }
        // The naive row against planar tensors.
        KernelRow<BinaryProblem> naive = function.Table.Select(problem, KernelQuery.Reference);
        Tensor expected = RowChecks.Run(naive, new BinaryProblem(DataType.F32, shape, right.Shape), [Blocked.Planar(whole), Blocked.Planar(right)], [whole.Info with { Layout = Layout.Planar }])[0];
        Tensor actual = RowChecks.Run(naive, problem, [whole, right], [whole.Info])[0];
        Assert.Equal(expected.ToArray<float>(), Blocked.Planar(actual).ToArray<float>());
    }

    [Fact]
    public void ActivationsFollowTheSum()
    {
        foreach (string name in new[] { "Add", "Sub", "Mul" })
        {
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                var activation = new Activation(kind, kind == ActivationKind.Clip ? -0.5f : 0.3f, 0.4f);
                Tensor a = RandomTensor.F32(new Shape(2, 5, 33), 1, -3, 3);
                Tensor b = RandomTensor.F32(new Shape(5, 1), 2, -3, 3);
                var problem = new BinaryProblem(DataType.F32, a.Shape, b.Shape, activation);
                float[]? expected = null;
                foreach (KernelRow<BinaryProblem> row in BinaryFunctions.Find(name).Table.Candidates(problem, Cpu.Features).Reverse())
                {
                    using Kernel kernel = row.Create(problem);
                    float[] actual = KernelRunner.Run(kernel, [a, b], [a.Info])[0].ToArray<float>();
                    expected ??= actual;
                    Assert.True(Close.RelativeError(actual, expected) < 1e-6, row.Name);
                }
            }
        }
    }

    [Fact]
    public void IntegersNeverTrap()
    {
        Assert.Equal([0, int.MinValue, -3, 3], Run<int>("Div", [5, int.MinValue, -7, 7], [0, -1, 2, 2]));
        Assert.Equal([0, 0, 1, -1], Run<int>("Mod", [5, int.MinValue, -7, 7], [0, -1, 2, -2]));
        Assert.Equal([0, 0, -1, 1], Run<int>("Fmod", [5, int.MinValue, -7, 7], [0, -1, 2, -2]));
        Assert.Equal<byte>([0, 2], Run<byte>("Div", [200, 200], [0, 100]));
        Assert.Equal([1, 8, 0, -1, 1, 0], Run<int>("Pow", [5, 2, 2, -1, -1, 0], [0, 3, -1, -3, -2, 3]));
        Assert.Equal([9223372036854775807L], Run<long>("Pow", [9223372036854775807L], [1]));
        Assert.Equal<byte>([0, 128], Run<byte>("ShiftLeft", [1, 1], [8, 7]));
        Assert.Equal([0u, 1u], Run<uint>("ShiftRight", [4, 4], [32, 2]));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void WhereChoosesByIndex(int[] a, int[] b)
    {
        foreach (DataType type in new[] { DataType.U8, DataType.F16, DataType.F32, DataType.S64 })
        {
            foreach (Shape condition in new[] { Shape.Scalar, new Shape(a), new Shape(b) })
            {
                Tensor mask = Numbers(DataType.Bool, condition, 3);
                Tensor left = RandomTensor.Bytes(type, new Shape(a), 1);
                Tensor right = RandomTensor.Bytes(type, new Shape(b), 2);
                var problem = new WhereProblem(type.Size(), condition, left.Shape, right.Shape);
                var info = new TensorInfo(type, problem.Output);
                var expected = new byte[info.Bytes];
                for (long i = 0; i < problem.Output.Count; i++)
                {
                    Tensor chosen = mask.ByteSpan()[Source(i, problem.Output, condition)] != 0 ? left : right;
                    Element(chosen, Source(i, problem.Output, chosen.Shape)).CopyTo(expected.AsSpan((int)i * type.Size()));
                }
                foreach (KernelRow<WhereProblem> row in WhereKernels.Table.Candidates(problem, Cpu.Features))
                {
                    using Kernel kernel = row.Create(problem);
                    Assert.Equal(expected, KernelRunner.Run(kernel, [mask, left, right], [info], threads: 2)[0].ByteSpan().ToArray());
                }
            }
        }
    }

    private static T[] Run<T>(string name, T[] a, T[] b) where T : unmanaged
    {
        Tensor left = Tensor.FromVector<T>(a);
        Tensor right = Tensor.FromVector<T>(b);
        var problem = new BinaryProblem(left.Type, left.Shape, right.Shape);
        using Kernel kernel = BinaryFunctions.Find(name).Table.Prepare(problem, KernelQuery.Default).Kernel;
        return KernelRunner.Run(kernel, [left, right], [left.Info])[0].ToArray<T>();
    }

    private static Tensor Numbers(DataType type, Shape shape, int seed)
    {
        if (type == DataType.F32)
        {
            return RandomTensor.F32(shape, seed, -4, 4);
        }
        Tensor tensor = RandomTensor.Bytes(type, shape, seed);
        if (type == DataType.Bool)
        {
            foreach (ref byte value in tensor.ByteSpan())
            {
                value &= 1;
            }
        }
        return tensor;
    }

    /// <summary>Each output element computed alone, by the naive row on two scalars.</summary>
    private static byte[] ByIndex(BinaryFunction function, Tensor a, Tensor b, TensorInfo info)
    {
        var problem = new BinaryProblem(a.Type, Shape.Scalar, Shape.Scalar);
        using Kernel kernel = function.Table.Prepare(problem, KernelQuery.Reference).Kernel;
        int size = info.Type.Size();
        var expected = new byte[info.Bytes];
        Tensor x = Tensor.Allocate(a.Type, Shape.Scalar);
        Tensor y = Tensor.Allocate(b.Type, Shape.Scalar);
        Tensor z = Tensor.Allocate(info.Type, Shape.Scalar);
        for (long i = 0; i < info.KnownShape.Count; i++)
        {
            Element(a, Source(i, info.KnownShape, a.Shape)).CopyTo(x.ByteSpan());
            Element(b, Source(i, info.KnownShape, b.Shape)).CopyTo(y.ByteSpan());
            Compute(kernel, x, y, z);
            z.ByteSpan().CopyTo(expected.AsSpan((int)i * size));
        }
        return expected;
    }

    private static unsafe void Compute(Kernel kernel, Tensor x, Tensor y, Tensor z)
    {
        byte** inputs = stackalloc byte*[2] { x.Data, y.Data };
        byte* output = z.Data;
        kernel.Run(new KernelContext(inputs, &output, null, Threading.WorkerPool.Single));
    }

    /// <summary>Index in an operand of the element that output element <paramref name="index"/> reads; written without strides.</summary>
    private static int Source(long index, Shape output, Shape operand)
    {
        var position = new int[output.Rank];
        for (int axis = output.Rank - 1; axis >= 0; axis--)
        {
            position[axis] = (int)(index % output[axis]);
            index /= output[axis];
        }
        int source = 0;
        for (int axis = 0; axis < operand.Rank; axis++)
        {
            int at = operand[axis] == 1 ? 0 : position[axis + output.Rank - operand.Rank];
            source = (source * operand[axis]) + at;
        }
        return source;
    }

    private static Span<byte> Element(Tensor tensor, int index) => tensor.ByteSpan().Slice(index * tensor.Type.Size(), tensor.Type.Size());
}
