using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>Random and extreme 8-bit tensors, and the comparison of all rows bit by bit.</summary>
internal static class QuantCases
{
    /// <summary>Bytes of which some are extreme: all of one sign, limits, zeros.</summary>
    public static Tensor Bytes(Random random, Shape shape, int low = -128)
    {
        Tensor tensor = Tensor.Allocate(DataType.S8, shape);
        int kind = random.Next(5);
        foreach (ref sbyte value in tensor.Span<sbyte>())
        {
            int number = kind switch
            {
                0 => sbyte.MaxValue,
                1 => low,
                2 => random.Next(2) == 0 ? low : sbyte.MaxValue,
                _ => random.Next(low, 128),
            };
            value = (sbyte)number;
        }
        return tensor;
    }

    public static Tensor Ints(Random random, int count, int low, int high)
    {
        Tensor tensor = Tensor.Allocate(DataType.S32, new Shape(count));
        foreach (ref int value in tensor.Span<int>())
        {
            value = random.Next(20) switch { 0 => low, 1 => high, _ => random.Next(low, high) };
        }
        return tensor;
    }

    /// <summary>Runs every row that fits; all have to give the bytes of the reference. Adds the number of outputs to each row's count.</summary>
    public static void Compare<TProblem>(
        KernelTable<TProblem> table, TProblem problem, Tensor[] inputs, TensorInfo output, bool[] constants, Dictionary<string, long> compared)
    {
        byte[] expected = RowChecks.Run(table.Select(problem, KernelQuery.Reference), problem, inputs, [output])[0].ByteSpan().ToArray();
        foreach (KernelRow<TProblem> row in table.Candidates(problem, Cpu.Features))
        {
            foreach (bool bound in new[] { true, false })
            {
                Tensor actual = RowChecks.Run(row, problem, inputs, [output], bound ? constants : null, bound ? 1 : 2)[0];
                Assert.True(actual.ByteSpan().SequenceEqual(expected), $"{row.Name} differs from the reference for {problem}");
            }
            compared[row.Name] = compared.GetValueOrDefault(row.Name) + expected.Length;
        }
    }

    /// <summary>Every row that this processor can run has been compared often enough.</summary>
    public static void RequireEach<TProblem>(KernelTable<TProblem> table, Dictionary<string, long> compared, long least = 100_000)
    {
        string[] few =
        [
            .. table.Rows.Where(r => (r.Requires & ~Cpu.Features) == 0)
                .Where(r => compared.GetValueOrDefault(r.Name) < least)
                .Select(r => $"{r.Name}: {compared.GetValueOrDefault(r.Name)} outputs"),
        ];
        Assert.True(few.Length == 0, string.Join(", ", few));
    }
}
