using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Tests.Sensors;

public class WfdbWriterTests
{
    [Theory]
    [InlineData(16, 1, 5)]
    [InlineData(16, 3, 2500)]
    [InlineData(212, 1, 1)]
    [InlineData(212, 1, 2)]
    [InlineData(212, 3, 7)]
    [InlineData(212, 2, 2500)]
    public void WhatIsWrittenIsReadBack(int format, int signals, int frames)
    {
        using var folder = new RecordingFolder();
        var random = new Random(frames);
        float[] values = [.. Enumerable.Range(0, signals * frames).Select(_ => random.Next(10) == 0 ? float.NaN : random.Next(-800, 800) / 200f)];
        WfdbSignal[] specs = [.. Enumerable.Range(0, signals).Select(s => new WfdbSignal { File = "", Format = format, Gain = 200, Baseline = 10 * s, Description = $"lead {s}" })];
        using (var writer = new WfdbWriter(folder.Path("rec-1"), 360, specs))
        {
            for (int i = 0; i < values.Length; i += 11 * signals)
            {
                writer.Write(values.AsSpan(i, Math.Min(11 * signals, values.Length - i)));
            }
            Assert.Equal(((long)frames, 0L), (writer.Frames, writer.Clipped));
        }
        using var source = new WfdbSource(folder.Path("rec-1"));
        var read = new float[values.Length + signals];
        Assert.Equal(frames, source.Read(read));
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(values[i], read[i], 0.0026);
        }
        Assert.Equal((360.0, "lead 0", "mV"), (source.SampleRate, source.Channels[0].Name, source.Channels[0].Unit));
        Assert.NotNull(source.Header.Signals[0].Checksum);
    }

    [Fact]
    public void AnInterruptedRecordingCanBeRead()
    {
        using var folder = new RecordingFolder();
        using var writer = new WfdbWriter(folder.Path("cut"), 250, [new WfdbSignal { File = "", Format = 16 }]);
        writer.Write(new float[3000]);
        // The header that is there now has no length; the data file has what was flushed.
        File.Copy(folder.Path("cut.hea"), folder.Path("copy.hea"));
        Assert.Equal("cut 1 250", File.ReadAllLines(folder.Path("copy.hea"))[0]);
        using var source = new WfdbSource(folder.Path("copy"));
        Assert.Equal(250, source.SampleRate);
    }

    [Fact]
    public void ValuesBeyondTheRangeAreClippedAndCounted()
    {
        using var folder = new RecordingFolder();
        using (var writer = new WfdbWriter(folder.Path("x"), 360, [new WfdbSignal { File = "", Format = 212, Gain = 200 }]))
        {
            writer.Write([100, -100, 1]);
            Assert.Equal(2, writer.Clipped);
        }
        using var source = new WfdbSource(folder.Path("x"));
        var read = new float[3];
        source.Read(read);
        Assert.Equal([2047 / 200f, -2047 / 200f, 1], read); // clipped, not missing
    }

    [Fact]
    public void WhatCannotBeWrittenIsRefused()
    {
        using var folder = new RecordingFolder();
        var signal = new WfdbSignal { File = "", Format = 16 };
        foreach ((string stem, double rate, WfdbSignal[] signals) in new (string, double, WfdbSignal[])[]
        {
            ("x", 360, []), ("x", 0, [signal]), ("a b", 360, [signal]), ("x", 360, [signal with { Format = 80 }]), ("x", 360, [signal with { Gain = 0 }]),
            ("x", 360, [signal with { Unit = "m V" }]), ("x", 360, [signal with { Description = "a\nb" }]), ("no/folder/x", 360, [signal]),
        })
        {
            Assert.Equal(EdgeError.RecordingUnwritable, Assert.Throws<EdgeException>(() => new WfdbWriter(folder.Path(stem), rate, signals)).Error);
        }
    }
}
