using Edge.Testing;

namespace Edge.Serve.Tests;

public class UnitFileTests
{
    /// <summary>systemd's own judgement of the unit: an exposure of at most 2.0 of 10.</summary>
    [Fact]
    public void TheUnitIsHardened()
    {
        const string Program = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Program), "systemd-analyze is not installed");
        string unit = Path.Combine(RepositoryPaths.Root, "hardware", "systemd", "edge.service");
        using EdgeProcess analysis = EdgeProcess.Start(Program, "security", "--offline=true", "--no-pager", "--threshold=20", unit);
        Assert.True(analysis.WaitForExit() == 0, analysis.Output);
        TestSetting.Eventually(() => analysis.Output.Contains("Overall exposure level for edge.service: ", StringComparison.Ordinal), "the judgement");
    }
}
