using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

public class IntegerGemmTests
{
    /// <summary>Batches, rows, columns, products per sum.</summary>
    public static TheoryData<int, int, int, int> Cases => new()
    {
        { 1, 1, 1, 1 },
        { 1, 1, 63, 5 },
        { 1, 3, 64, 17 },
        { 2, 5, 65, 31 },
        { 3, 2, 129, 2 },
        { 2, 3, 4, 0 },
        { 1, 0, 4, 3 },
        { 1, 4, 0, 3 },
        { 0, 4, 5, 3 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryRowMultiplies(int batch, int m, int n, int k)
    {
        foreach (DataType a in new[] { DataType.U8, DataType.S8 })
        {
            foreach (DataType b in new[] { DataType.U8, DataType.S8 })
            {
                foreach (int stride in new[] { 0, 1 })
                {
                    Check(Problem(a, b, DataType.S32, batch, m, n, k, stride) with { AZero = null, BZero = null });
                    Check(Problem(a, b, DataType.S32, batch, m, n, k, stride));
                    Check(Problem(a, b, a, batch, m, n, k, stride));
                }
            }
        }
    }

    [Fact]
    public void SumsWrapAround()
    {
        const int K = 40_000;
        Tensor ones = Tensor.Allocate(DataType.U8, new Shape(K));
        ones.ByteSpan().Fill(255);
        var problem = new IntegerGemmProblem(DataType.U8, DataType.U8, DataType.S32, 1, 1, K, [0], [0], null, null, null);
        foreach (KernelRow<IntegerGemmProblem> row in IntegerGemmKernels.Table.Candidates(problem, Cpu.Features))
        {
            using Kernel kernel = row.Create(problem);
            Tensor y = KernelRunner.Run(kernel, [ones, ones], [new TensorInfo(DataType.S32, new Shape(1))])[0];
            Assert.Equal(unchecked((int)(255L * 255 * K)), y.Span<int>()[0]);
        }
    }

    private static IntegerGemmProblem Problem(DataType a, DataType b, DataType y, int batch, int m, int n, int k, int stride)
    {
        // All batches read the same B.
        long[] Starts(long step) => [.. Enumerable.Range(0, batch).Select(z => z * step)];
        var rows = new LineIndex(Starts(stride * m), stride);
        var columns = new LineIndex(Starts(0), stride);
        GemmRescale? rescale = y == DataType.S32 ? null : new GemmRescale(rows, columns, rows, rows);
        return new IntegerGemmProblem(a, b, y, m, n, k, Starts((long)m * k), Starts(0), rows, columns, rescale);
    }

    private static void Check(IntegerGemmProblem problem)
    {
        (int batch, int m, int n, int k) = (problem.Batch, problem.M, problem.N, problem.K);
        int lines = Math.Max(1, batch * m);
        Tensor?[] inputs =
        [
            RandomTensor.Bytes(problem.A, new Shape(batch, m, k), 1),
            RandomTensor.Bytes(problem.B, new Shape(k, n), 2),
            problem.AZero is null ? null : RandomTensor.Bytes(problem.A, new Shape(lines), 3),
            problem.BZero is null ? null : RandomTensor.Bytes(problem.B, new Shape(Math.Max(1, n)), 4),
            RandomTensor.F32(new Shape(lines), 5, 0.01f, 0.02f),
            RandomTensor.F32(new Shape(Math.Max(1, n)), 6, 0.01f, 0.02f),
            RandomTensor.F32(new Shape(lines), 7, 0.5f, 1f),
            RandomTensor.Bytes(problem.Y == DataType.S32 ? DataType.U8 : problem.Y, new Shape(lines), 8),
        ];
        var expected = new List<long>();
        for (int z = 0; z < batch; z++)
        {
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    expected.Add(Expected(problem, inputs, z, i, j));
                }
            }
        }
        foreach (KernelRow<IntegerGemmProblem> row in IntegerGemmKernels.Table.Candidates(problem, Cpu.Features))
        {
            using Kernel kernel = row.Create(problem);
            Tensor?[] given = problem.Rescale is null ? inputs[..4] : inputs;
            Tensor y = KernelRunner.Run(kernel, given, [new TensorInfo(problem.Y, new Shape(batch, m, n))], threads: 2)[0];
            Assert.Equal(expected, y.ToInt64());
        }
    }

    private static long Expected(IntegerGemmProblem problem, Tensor?[] inputs, int z, int i, int j)
    {
        long[] a = inputs[0]!.ToInt64();
        long[] b = inputs[1]!.ToInt64();
        int stride = problem.Rescale?.BScale.Stride ?? problem.BZero?.Stride ?? 0;
        int row = stride * ((z * problem.M) + i);
        long aZero = inputs[2]?.ToInt64()[row] ?? 0;
        long bZero = inputs[3]?.ToInt64()[stride * j] ?? 0;
        long sum = 0;
        for (int k = 0; k < problem.K; k++)
        {
            sum += (a[(((z * problem.M) + i) * problem.K) + k] - aZero) * (b[(k * problem.N) + j] - bZero);
        }
        if (problem.Rescale is null)
        {
            return sum;
        }
        float factor = inputs[4]!.Span<float>()[row] * inputs[5]!.Span<float>()[stride * j] / inputs[6]!.Span<float>()[row];
        (int low, int high) = problem.Y == DataType.U8 ? (0, 255) : (-128, 127);
        return Math.Clamp((long)MathF.Round(sum * factor) + inputs[7]!.ToInt64()[row], low, high);
    }
}
