using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Sensors.Posix;
using Edge.Runtime.Sensors.V4l2;
using Edge.Runtime.Tests.Sensors.Devices;

namespace Edge.Runtime.Tests.Sensors;

public class V4l2Tests
{
    private static readonly V4l2Options Options = new(16, 8, FrameFormat.Yuyv, 30) { Stall = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public void FramesAreCopiedAndBuffersGoBack()
    {
        using var device = new SimulatedV4l2();
        using var camera = new V4l2Camera(device, "v4l2", Options);
        var frame = new ImageFrame();
        for (int i = 0; i < 20; i++)
        {
            device.Frames.Enqueue(Whole((byte)i));
            Assert.True(camera.Read(frame));
            Assert.Equal(i, frame.Sequence);
            Assert.Equal(32 * 8, frame.Length);
            Assert.All(frame.Bytes.ToArray(), b => Assert.Equal(i, b));
        }
        Assert.Equal(4, device.Mapped);
    }

    [Fact]
    public void RowsMayBePadded()
    {
        using var device = new SimulatedV4l2 { Stride = 40 };
        using var camera = new V4l2Camera(device, "v4l2", Options);
        device.Frames.Enqueue(new SimulatedV4l2.Frame(new byte[40 * 8]));
        var frame = new ImageFrame();
        Assert.True(camera.Read(frame));
        Assert.Equal(40, frame.Stride);
    }

    /// <summary>Flagged by the driver, empty, too short, longer than the buffer, an input error of one frame: skipped and counted, and the next one is right.</summary>
    [Fact]
    public void BadFramesAreSkippedAndCounted()
    {
        using var device = new SimulatedV4l2();
        using var camera = new V4l2Camera(device, "v4l2", Options);
        device.Frames.Enqueue(Whole(1) with { Flags = V4l2Layout.FlagError });
        device.Frames.Enqueue(Whole(2) with { Used = 0 });
        device.Frames.Enqueue(Whole(3) with { Used = 32 * 7 });
        device.Frames.Enqueue(Whole(4) with { Used = 100_000 });
        device.Frames.Enqueue(Whole(5));
        var frame = new ImageFrame();
        Assert.True(camera.Read(frame));
        Assert.Equal(5, frame.Bytes[0]);
        Assert.Equal(4, camera.BadFrames);
    }

    [Fact]
    public void AJpegBufferHasToBeginAsOne()
    {
        using var device = new SimulatedV4l2();
        using var camera = new V4l2Camera(device, "v4l2", Options with { Format = FrameFormat.Jpeg });
        device.Frames.Enqueue(Whole(7));
        device.Frames.Enqueue(new SimulatedV4l2.Frame([0xFF, 0xD8, 0xFF, 0xD9]));
        var frame = new ImageFrame();
        Assert.True(camera.Read(frame));
        Assert.Equal(FrameFormat.Jpeg, frame.Format);
        Assert.Equal(1, camera.BadFrames);
    }

    [Fact]
    public void AStallEndsTheSource()
    {
        using var device = new SimulatedV4l2();
        using var camera = new V4l2Camera(device, "v4l2", Options);
        Assert.Contains("nothing came", Assert.Throws<EdgeException>(() => camera.Read(new ImageFrame())).Message, StringComparison.Ordinal);
    }

    /// <summary>Unplugged while it waits, while it takes a frame, and while it gives one back; 500 times, and nothing stays mapped or open.</summary>
    [Fact]
    public void FiveHundredUnplugsLeaveNothingBehind()
    {
        for (int i = 0; i < 500; i++)
        {
            using var device = new SimulatedV4l2();
            var camera = new V4l2Camera(device, "v4l2", Options);
            device.Frames.Enqueue(Whole(1));
            switch (i % 4)
            {
                case 0: device.Events = -Libc.ErrorNoDevice; break;
                case 1: device.Events = Libc.PollError | Libc.PollHangUp; break;
                case 2: device.Failure = (V4l2Layout.DequeueBuffer, Libc.ErrorNoDevice); break;
                default: device.Failure = (V4l2Layout.QueueBuffer, Libc.ErrorNoDevice); break;
            }
            Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => camera.Read(new ImageFrame())).Error);
            camera.Dispose();
            camera.Dispose();
            Assert.Equal((0, false, false), (device.Mapped, device.IsOpen, device.IsStreaming));
        }
    }

    [Fact]
    public void AWrongBufferNumberEndsTheSource()
    {
        using var device = new SimulatedV4l2();
        using var camera = new V4l2Camera(device, "v4l2", Options);
        device.Frames.Enqueue(Whole(1) with { Index = 77 });
        Assert.Contains("buffer 77", Assert.Throws<EdgeException>(() => camera.Read(new ImageFrame())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(V4l2Layout.QueryCapabilities)]
    [InlineData(V4l2Layout.SetFormat)]
    [InlineData(V4l2Layout.RequestBuffers)]
    [InlineData(V4l2Layout.QueryBuffer)]
    [InlineData(V4l2Layout.QueueBuffer)]
    [InlineData(V4l2Layout.StreamOn)]
    public void EveryRefusedRequestIsAnErrorAndNothingStaysOpen(uint request)
    {
        using var device = new SimulatedV4l2 { Failure = (request, 22) };
        Assert.Contains("(22)", Assert.Throws<EdgeException>(() => new V4l2Camera(device, "v4l2", Options)).Message, StringComparison.Ordinal);
        Assert.Equal((0, false), (device.Mapped, device.IsOpen));
    }

    [Fact]
    public void WhatIsNoCameraOrHasAnotherFormatIsRefused()
    {
        Assert.Contains("cannot capture", Assert.Throws<EdgeException>(() => new V4l2Camera(new SimulatedV4l2 { Capabilities = V4l2Layout.CanStream }, "v4l2", Options)).Message, StringComparison.Ordinal);
        Assert.Contains("offers H264", Assert.Throws<EdgeException>(() => new V4l2Camera(new SimulatedV4l2 { ForcedFormat = "H264" }, "v4l2", Options)).Message, StringComparison.Ordinal);
        Assert.Contains("offers 15 x 8", Assert.Throws<EdgeException>(() => new V4l2Camera(new SimulatedV4l2 { Width = 15 }, "v4l2", Options)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be opened", Assert.Throws<EdgeException>(() => ImageSources.Open(SourceAddress.Parse("v4l2:///dev/nothing"))).Message, StringComparison.Ordinal);
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => ImageSources.Open(SourceAddress.Parse("v4l2:///dev/null"))).Error);
    }

    private static SimulatedV4l2.Frame Whole(byte value) => new([.. Enumerable.Repeat(value, 32 * 8)]);
}
