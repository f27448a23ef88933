using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Checks of rows that only move data: the bytes have to be the same.</summary>
internal static class EveryRow
{
    /// <summary>Every row of <paramref name="table"/> that fits, on one and on three threads, gives the bytes of <paramref name="expected"/>.</summary>
    public static void Gives<TProblem>(KernelTable<TProblem> table, TProblem problem, Tensor?[] inputs, TensorInfo[] outputs, byte[][] expected)
    {
        KernelRow<TProblem>[] rows = [.. table.Candidates(problem, Cpu.Features)];
        Assert.Contains(rows, r => r.IsReference());
        foreach (KernelRow<TProblem> row in rows)
        {
            foreach (int threads in new[] { 1, 3 })
            {
                using Kernel kernel = row.Create(problem);
                Tensor[] results = KernelRunner.Run(kernel, inputs, outputs, threads: threads);
                for (int i = 0; i < results.Length; i++)
                {
                    Assert.True(results[i].ByteSpan().SequenceEqual(expected[i]), $"{row.Name} on {threads} threads: output {i} of {problem} differs");
                }
            }
        }
    }

    /// <summary>Every row gives what the reference row gives; returns that.</summary>
    public static Tensor[] AgreesWithReference<TProblem>(KernelTable<TProblem> table, TProblem problem, Tensor?[] inputs, params TensorInfo[] outputs)
    {
        using Kernel kernel = table.Select(problem, KernelQuery.Reference).Create(problem);
        Tensor[] reference = KernelRunner.Run(kernel, inputs, outputs);
        Gives(table, problem, inputs, outputs, [.. reference.Select(r => r.ByteSpan().ToArray())]);
        return reference;
    }
}
