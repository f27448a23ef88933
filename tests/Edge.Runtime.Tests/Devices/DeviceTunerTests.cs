using Edge.Kernels.Dispatch;
using Edge.Runtime.Devices;
using Edge.Runtime.Devices.Null;

namespace Edge.Runtime.Tests.Devices;

public class DeviceTunerTests
{
    [Fact]
    public void WhatWasMeasuredIsKept()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("edge-tuner-");
        try
        {
            using var device = new NullDevice();
            var cache = DiskCache.For(device.Info, folder.FullName);
            DeviceProfile measured = DeviceTuner.Find(device, cache);
            Assert.True(device.Submissions > 0);
            Assert.Equal(0, device.LiveObjects);
            Assert.Equal(["tile128", "tile64", "tile32", "deep32"], measured.Tiles.Select(t => t.Name));
            Assert.All(measured.Tiles, t => Assert.True(t.Full > 0 && t.Full <= t.Alone));
            Assert.True(measured.Launch > 0 && measured.Traffic > 0);
            // This one could not be measured any more.
            using var other = new NullDevice { FailingProgram = 1, FailingAllocation = 1 };
            AssertSame(measured, DeviceTuner.Find(other, cache));
            Assert.Equal(0, other.Submissions);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void AFailureGivesTheProfileOfAnUnknownDevice()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("edge-tuner-");
        try
        {
            using var device = new NullDevice { FailingProgram = 2 };
            Assert.Equal(DeviceProfile.Default, DeviceTuner.Find(device, DiskCache.For(device.Info, folder.FullName)));
            Assert.Equal(0, device.LiveObjects);
            Assert.Equal(DeviceProfile.Default, DeviceTuner.Find(new NullDevice(), DiskCache.For(device.Info, "none")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void AssertSame(DeviceProfile expected, DeviceProfile actual)
    {
        Assert.Equal(expected.Tiles, actual.Tiles);
        Assert.Equal((expected.Launch, expected.Traffic), (actual.Launch, actual.Traffic));
    }
}
