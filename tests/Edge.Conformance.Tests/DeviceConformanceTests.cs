using System.Diagnostics;
using Edge.Convert;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Testing;

namespace Edge.Conformance.Tests;

/// <summary>
/// ONNX's backend tests of tier 1 on devices, without whole networks, for which devices that are processors take minutes: operators that a device has no kernel for run on the processor within the same plan.
/// </summary>
public class DeviceConformanceTests(ITestOutputHelper log)
{
    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void GivesTheExpectedTensors(DeviceApi api)
    {
        Assert.SkipWhen(RepositoryPaths.Conformance is null, "no conformance data: set EDGE_CONFORMANCE, or install Debian's libonnx-testdata");
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        var wrong = new List<string>();
        int passed = 0;
        int onDevice = 0;
        foreach (ConformanceCase test in ConformanceCase.Load(RepositoryPaths.Conformance, "1").Where(c => c.OutOfScope is null && !c.PassesFloat32() && KnownGaps.Find(c.Name) is null && !c.Name.StartsWith("light/", StringComparison.Ordinal)))
        {
            long before = device.Submissions;
            long start = Stopwatch.GetTimestamp();
            string? problem = Problem(test, device);
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(2))
            {
                log.WriteLine($"{test.Name}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
            }
            onDevice += device.Submissions > before ? 1 : 0;
            passed += problem is null ? 1 : 0;
            if (problem is not null)
            {
                wrong.Add($"{test.Name}: {problem}");
            }
        }
        log.WriteLine($"{device.Info.Name}: {passed} passed, {onDevice} of them with work for the device");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(onDevice >= 250, $"only {onDevice} cases had work for the device");
        Assert.Equal(0, device.LiveObjects);
    }

    private static string? Problem(ConformanceCase test, IDevice device)
    {
        try
        {
            return ConformanceRunner.Run(test, Stage.Passes, new SessionOptions { Threads = 1, Device = device });
        }
        catch (Exception exception) when (exception is EdgeException or ConversionException)
        {
            return exception.Message;
        }
    }
}
