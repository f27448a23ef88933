using Edge.Bench.Kernels;

namespace Edge.Bench.Tests;

/// <summary>Runs alone: what other tests allocate would count.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
[Collection("alone")]
public class KernelCaseTests
{
    /// <summary>Every row that the benchmarks time, on its smallest problem.</summary>
    public static TheoryData<string> Rows => [.. KernelCases.All.Select(c => c.Row).Distinct()];

    [Theory]
    [MemberData(nameof(Rows))]
    public void RowsRunWithoutAllocating(string row)
    {
        KernelCase smallest = KernelCases.All.Where(c => c.Row == row).MinBy(c => c.MultiplyAdds)!;
        foreach (int threads in new[] { 1, 2 })
        {
            using PreparedCase prepared = smallest.Prepare(threads);
            Assert.Equal(0, prepared.AllocatedBytes());
        }
    }

    [Fact]
    public void ReferenceRowsAreLeftOut() => Assert.DoesNotContain(KernelCases.All, c => c.Row.EndsWith("_ref", StringComparison.Ordinal));

    [Fact]
    public void CasesAreDistinct()
    {
        string[] texts = [.. KernelCases.All.Select(c => c.ToString())];
        Assert.Equal(texts.Length, texts.Distinct().Count());
    }
}
