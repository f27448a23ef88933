using Edge.Runtime.Devices;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>What every device has to keep to over thousands of runs of one session.</summary>
internal static class SteadyRuns
{
    private const int Runs = 2000;

    /// <summary>Each run is one submission, leaves no object behind on the device and allocates nothing on the managed heap.</summary>
    public static void Check(IDevice device, Action run)
    {
        int alive = device.LiveObjects;
        long submissions = device.Submissions;
        long runs = 0;
        long allocated = Allocated.OnThread(
            () =>
            {
                run();
                runs++;
            },
            Runs);
        Assert.Equal(0, allocated);
        Assert.Equal(runs, device.Submissions - submissions);
        Assert.Equal(alive, device.LiveObjects);
    }
}
