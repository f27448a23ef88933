using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Compares every row that fits a problem with the naive one, on one and on two threads.</summary>
internal static class RowChecks
{
    /// <param name="tolerance">Largest |a-b| / max|b|; NaN and infinities must be in the same places.</param>
    /// <param name="toleranceOf">Another tolerance for each row.</param>
    /// <returns>Names of the rows that ran.</returns>
    public static string[] AgreeWithReference<TProblem>(
        KernelTable<TProblem> table, TProblem problem, Tensor?[] inputs, TensorInfo[] outputs, double tolerance = 1e-5, bool[]? constants = null,
        Func<IKernelRow, double>? toleranceOf = null)
    {
        Tensor[] expected = Run(table.Select(problem, KernelQuery.Reference), problem, inputs, outputs, constants, 1);
        KernelRow<TProblem>[] rows = [.. table.Candidates(problem, Cpu.Features)];
        foreach (KernelRow<TProblem> row in rows)
        {
            Tensor[] single = Run(row, problem, inputs, outputs, constants, 1);
            Tensor[] parallel = Run(row, problem, inputs, outputs, constants, 2);
            for (int i = 0; i < expected.Length; i++)
            {
                single[i] = Blocked.Planar(single[i]);
                parallel[i] = Blocked.Planar(parallel[i]);
                expected[i] = Blocked.Planar(expected[i]);
                Assert.True(single[i].ByteSpan().SequenceEqual(parallel[i].ByteSpan()), $"{row.Name}: output {i} depends on the number of threads for {problem}");
                string? wrong = Difference(single[i], expected[i], toleranceOf?.Invoke(row) ?? tolerance);
                Assert.True(wrong is null, $"{row.Name}: output {i}: {wrong} for {problem}");
            }
        }
        return [.. rows.Select(r => r.Name)];
    }

    public static Tensor[] Run<TProblem>(KernelRow<TProblem> row, TProblem problem, Tensor?[] inputs, TensorInfo[] outputs, bool[]? constants = null, int threads = 1)
    {
        using Kernel kernel = row.Create(problem);
        return KernelRunner.Run(kernel, inputs, outputs, constants, threads);
    }

    private static string? Difference(Tensor actual, Tensor expected, double tolerance)
    {
        if (actual.Type != DataType.F32)
        {
            return Close.Difference(actual, expected);
        }
        double error = Close.RelativeError(actual.Span<float>(), expected.Span<float>());
        return error <= tolerance ? null : $"relative error {error:E2}";
    }
}
