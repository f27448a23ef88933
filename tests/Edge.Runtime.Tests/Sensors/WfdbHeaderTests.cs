using System.Text;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Tests.Sensors;

public class WfdbHeaderTests
{
    [Fact]
    public void EveryFieldIsRead()
    {
        WfdbHeader header = Parse("# before\nrec_1 3 250/24000(5) 825000 15:08:24 25/12/1989\r\na.dat 212x4:2+24 64.02(4)/mmHg 12 3 -400 -26056 0 Blood pressure\na.dat 212x4:0+24 0 12 1024 7\n~ 0\n#after");
        Assert.Equal(("rec_1", 250.0, 825000L), (header.Name, header.FrameRate, header.Frames));
        Assert.Equal(["before", "after"], header.Comments);
        Assert.Equal(
            new WfdbSignal
            {
                File = "a.dat", Format = 212, SamplesPerFrame = 4, Skew = 2, ByteOffset = 24, Gain = 64.02, Baseline = 4, Unit = "mmHg", AdcResolution = 12, AdcZero = 3,
                InitialValue = -400, Checksum = -26056, Description = "Blood pressure",
            },
            header.Signals[0]);
        Assert.Equal((200.0, 1024, "mV", 7, null), (header.Signals[1].Gain, header.Signals[1].Baseline, header.Signals[1].Unit, header.Signals[1].InitialValue, header.Signals[1].Checksum));
        Assert.Equal(0, header.Signals[2].Format);
    }

    [Fact]
    public void WhatIsNotThereHasDefaults()
    {
        WfdbHeader header = Parse("x 1\nx.dat 16");
        Assert.Equal((250.0, 0L), (header.FrameRate, header.Frames));
        Assert.Equal(new WfdbSignal { File = "x.dat", Format = 16 }, header.Signals[0]);
    }

    [Theory]
    [InlineData("", EdgeError.RecordingMalformed, "no record line")]
    [InlineData("# only a comment", EdgeError.RecordingMalformed, "no record line")]
    [InlineData("x", EdgeError.RecordingMalformed, "number of signals")]
    [InlineData("x -1", EdgeError.RecordingMalformed, "number of signals")]
    [InlineData("x 99999999", EdgeError.RecordingMalformed, "number of signals")]
    [InlineData("x 2 360\nx.dat 16", EdgeError.RecordingMalformed, "names 2 signals and describes 1")]
    [InlineData("x 1 0\nx.dat 16", EdgeError.RecordingMalformed, "sampling frequency")]
    [InlineData("x 1 NaN\nx.dat 16", EdgeError.RecordingMalformed, "sampling frequency")]
    [InlineData("x 1 360 -5\nx.dat 16", EdgeError.RecordingMalformed, "number of samples")]
    [InlineData("x/4 1 360 10\nx.dat 16", EdgeError.RecordingUnsupported, "several segments")]
    [InlineData("x 1\nx.dat 516", EdgeError.RecordingUnsupported, "516")]
    [InlineData("x 1\nx.dat 16y3", EdgeError.RecordingMalformed, "format")]
    [InlineData("x 1\nx.dat 16x0", EdgeError.RecordingMalformed, "samples per frame")]
    [InlineData("x 1\nx.dat 16x60000:60000", EdgeError.TooLarge, "buffer")]
    [InlineData("x 1\nx.dat 16 1(2", EdgeError.RecordingMalformed, "gain")]
    [InlineData("x 1\nx.dat 16 inf", EdgeError.RecordingMalformed, "gain")]
    [InlineData("x 1\nx.dat 16 200 12 0 0 99999", EdgeError.RecordingMalformed, "checksum")]
    [InlineData("x 2\nx.dat 16\nx.dat 212", EdgeError.RecordingMalformed, "share the file")]
    [InlineData("x 3\nx.dat 16\ny.dat 16\nx.dat 16", EdgeError.RecordingMalformed, "not neighbours")]
    public void RulesAreChecked(string text, EdgeError error, string part)
    {
        EdgeException exception = Assert.Throws<EdgeException>(() => Parse(text));
        Assert.Equal(error, exception.Error);
        Assert.Contains(part, exception.Problem, StringComparison.Ordinal);
        Assert.NotNull(exception.Remedy);
    }

    [Theory]
    [InlineData("../secret.dat")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    public void FilesOutsideTheFolderAreNotOpened(string file)
    {
        using var folder = new RecordingFolder();
        folder.Write("x.hea", $"x 1 360 1\n{file} 16");
        Assert.Equal(EdgeError.RecordingUnsupported, Assert.Throws<EdgeException>(() => WfdbReader.Open(folder.Path("x"))).Error);
    }

    private static WfdbHeader Parse(string text) => WfdbHeaderReader.Parse(Encoding.Latin1.GetBytes(text));
}
