using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>The comparison of all rows bit by bit.</summary>
internal static class QuantCases
{
    /// <summary>What this processor has, and AVX-VNNI wherever there is AVX2: the tiles do without its instructions there.</summary>
    public static CpuFeatures Features { get; } = Cpu.Features | ((Cpu.Features & CpuFeatures.Avx2) != 0 ? CpuFeatures.AvxVnni : CpuFeatures.None);

    /// <summary>Runs every row that fits; all have to give the bytes of the reference. Adds the number of outputs to each row's count.</summary>
    public static void Compare<TProblem>(
        KernelTable<TProblem> table, TProblem problem, Tensor[] inputs, TensorInfo output, bool[] constants, Dictionary<string, long> compared)
    {
        byte[] expected = RowChecks.Run(table.Select(problem, KernelQuery.Reference), problem, inputs, [output])[0].ByteSpan().ToArray();
        foreach (KernelRow<TProblem> row in table.Candidates(problem, Features))
        {
            foreach (bool bound in new[] { true, false })
            {
                Tensor actual = RowChecks.Run(row, problem, inputs, [output], bound ? constants : null, bound ? 1 : 2)[0];
                Assert.True(actual.ByteSpan().SequenceEqual(expected), $"{row.Name} differs from the reference for {problem}");
            }
            compared[row.Name] = compared.GetValueOrDefault(row.Name) + (expected.Length / output.Type.Size());
        }
    }

    /// <summary>Every row that this processor can run has been compared often enough.</summary>
    public static void RequireEach<TProblem>(KernelTable<TProblem> table, Dictionary<string, long> compared, long least = 100_000)
    {
        string[] few =
        [
            .. table.Rows.Where(r => (r.Requires & ~Features) == 0)
                .Where(r => compared.GetValueOrDefault(r.Name) < least)
                .Select(r => $"{r.Name}: {compared.GetValueOrDefault(r.Name)} outputs"),
        ];
        Assert.True(few.Length == 0, string.Join(", ", few));
    }
}
