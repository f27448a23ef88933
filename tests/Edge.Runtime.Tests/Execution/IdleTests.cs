using System.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Tests.Format;

namespace Edge.Runtime.Tests.Execution;

/// <summary>Runs after all other tests: processor time is counted for the whole process.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
[Collection("alone")]
public class IdleTests
{
    [Fact]
    public void IdleSessionUsesNoProcessor()
    {
        using var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 4 });
        session.Execute();
        // The workers spin for microseconds before they park.
        Thread.Sleep(50);
        TimeSpan least = TimeSpan.MaxValue;
        for (int attempt = 0; attempt < 10 && least > TimeSpan.FromMilliseconds(20); attempt++)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            Thread.Sleep(200);
            TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime - before;
            least = used < least ? used : least;
        }
        Assert.True(least <= TimeSpan.FromMilliseconds(20), $"{least.TotalMilliseconds} ms of processor time in 200 ms");
    }
}
