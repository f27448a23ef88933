using Edge.Kernels.Threading;

namespace Edge.Kernels.Tests;

public sealed class CpuTopologyTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("edge-cpu-");

    public void Dispose() => _root.Delete(recursive: true);

    /// <summary>Four small cores and two large ones, as an RK3399 reports them.</summary>
    [Fact]
    public void LargeAndSmallCoresAreToldApart()
    {
        for (int core = 0; core < 6; core++)
        {
            Write(core, "cpu_capacity", core < 4 ? "485" : "1024");
        }
        CpuTopology topology = CpuTopology.Read(_root.FullName, Enumerable.Range(0, 6));
        Assert.True(topology.IsHeterogeneous);
        Assert.Equal([4, 5], topology.Fast);
        Assert.Equal([0, 1, 2, 3], topology.Slow);
        Assert.Equal([4, 5], topology.CoresFor(PowerPolicy.Latency));
        Assert.Equal([0, 1, 2, 3], topology.CoresFor(PowerPolicy.Eco));
        Assert.Equal(2, topology.DefaultThreads(PowerPolicy.Balanced));
        Assert.Equal(4, topology.DefaultThreads(PowerPolicy.Eco));
    }

    [Fact]
    public void CoresOfEqualSpeedAreAllFast()
    {
        for (int core = 0; core < 4; core++)
        {
            Write(core, Path.Combine("cpufreq", "cpuinfo_max_freq"), core == 0 ? "2400000" : "2300000");
        }
        CpuTopology topology = CpuTopology.Read(_root.FullName, Enumerable.Range(0, 4));
        Assert.False(topology.IsHeterogeneous);
        Assert.Equal([0, 1, 2, 3], topology.Fast);
        Assert.Equal(4, topology.DefaultThreads(PowerPolicy.Latency));
        Assert.Equal(2, topology.DefaultThreads(PowerPolicy.Eco));
    }

    /// <summary>Containers often hide the files, or hold rubbish.</summary>
    [Fact]
    public void WithoutFactsAllCoresAreAlike()
    {
        Write(1, "cpu_capacity", "-3");
        Write(2, "cpu_capacity", "many");
        CpuTopology topology = CpuTopology.Read(_root.FullName, [0, 1, 2]);
        Assert.False(topology.IsHeterogeneous);
        Assert.Equal([0, 1, 2], topology.Fast);
        Assert.Equal(1, CpuTopology.Read(_root.FullName, [5]).DefaultThreads(PowerPolicy.Eco));
    }

    [Fact]
    public void AThreadStaysOnItsCores()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("affinity is set on Linux only");
        }
        int[] allowed = ThreadAffinity.Allowed();
        int[]? after = null;
        var thread = new Thread(() =>
        {
            Assert.True(ThreadAffinity.Restrict(allowed.AsSpan(0, 1)));
            after = ThreadAffinity.Allowed();
        });
        thread.Start();
        thread.Join();
        Assert.Equal(allowed[..1], after);
        Assert.Equal(allowed, ThreadAffinity.Allowed());
        Assert.False(ThreadAffinity.Restrict([]));
    }

    private void Write(int core, string file, string text)
    {
        string path = Path.Combine(_root.FullName, $"cpu{core}", file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
    }
}
