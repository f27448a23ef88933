using Edge.Convert;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Testing;

namespace Edge.Conformance.Tests;

/// <summary>
/// ONNX's own backend tests: every case in every stage either gives the expected tensors or, where <see cref="KnownGaps"/>
/// says so, is refused with a clear error. A wrong number is never accepted.
/// </summary>
public class ConformanceTests(ITestOutputHelper log)
{
    private const string Missing = "no conformance data: set EDGE_CONFORMANCE, or install Debian's libonnx-testdata";

    public static TheoryData<string, Stage> Tier1 => Rows("1");

    public static TheoryData<string, Stage> Tier2 => Rows("2");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Tier1))]
    public void GivesTheExpectedTensorsTier1(string name, Stage stage) => Check("1", name, stage);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Tier2))]
    public void GivesTheExpectedTensorsTier2(string name, Stage stage) => Check("2", name, stage);

    [Fact]
    public void TheReferenceRowsPassTier1()
    {
        Assert.SkipWhen(RepositoryPaths.Conformance is null, Missing);
        string[] wrong = [.. Cases("1").Where(c => c.OutOfScope is null && !c.PassesFloat32() && KnownGaps.Find(c.Name) is null && !c.Name.StartsWith("light/", StringComparison.Ordinal))
            .Select(c => (c.Name, Problem: Problem(c, Stage.Raw, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference })))
            .Where(r => r.Problem is not null).Select(r => $"{r.Name}: {r.Problem}")];
        Assert.Empty(wrong);
    }

    [Fact]
    public void CasesWereFound()
    {
        Assert.SkipWhen(RepositoryPaths.Conformance is null, Missing);
        ConformanceCase[] all = [.. ByName.Values];
        log.WriteLine($"{RepositoryPaths.Conformance}: {all.Length} cases, {all.Count(c => c.OutOfScope is null)} in scope");
        Assert.True(all.Count(c => c.OutOfScope is null) >= 500, "too few cases");
    }

    private static IReadOnlyList<ConformanceCase> Cases(string tier) =>
        RepositoryPaths.Conformance is { } directory ? ConformanceCase.Load(directory, tier) : [];

    private static TheoryData<string, Stage> Rows(string tier)
    {
        var rows = new TheoryData<string, Stage>();
        foreach (ConformanceCase test in Cases(tier))
        {
            // A case out of scope is one skipped row.
            foreach (Stage stage in test.OutOfScope is null ? Enum.GetValues<Stage>() : [Stage.Raw])
            {
                rows.Add(test.Name, stage);
            }
        }
        return rows;
    }

    private static readonly Dictionary<string, ConformanceCase> ByName = Cases("1").Concat(Cases("2")).ToDictionary(c => c.Name);

    private static void Check(string tier, string name, Stage stage)
    {
        ConformanceCase test = ByName[name];
        Assert.SkipUnless(test.OutOfScope is null, test.OutOfScope ?? "");
        Assert.SkipWhen(test.PassesFloat32(), "the expected output passes float32, in which Edge computes float64 models");
        string? problem = Problem(test, stage, new SessionOptions { Threads = 2 });
        if (KnownGaps.Find(name) is { } gap)
        {
            Assert.True(problem?.Contains(EdgeException.Code(gap), StringComparison.Ordinal), $"tier {tier}: listed as refused with {gap}, but: {problem ?? "it passes"}");
        }
        else
        {
            Assert.True(problem is null, problem);
        }
    }

    private static string? Problem(ConformanceCase test, Stage stage, SessionOptions options)
    {
        try
        {
            return ConformanceRunner.Run(test, stage, options);
        }
        catch (Exception exception) when (exception is EdgeException or ConversionException)
        {
            return exception.Message;
        }
    }
}
