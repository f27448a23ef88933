using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Testing;

namespace Edge.Runtime.Tests.Sensors;

public class WfdbReaderTests
{
    private const int Missing = WfdbReader.Missing;

    /// <summary>Format, stored bytes, samples. The lowest value of a format means that there is no sample.</summary>
    public static TheoryData<int, byte[], int[]> Formats => new()
    {
        { 8, [1, 0xFF, 5], [101, 100, 105] },
        { 16, [0x34, 0x12, 0xFF, 0xFF, 0x00, 0x80], [0x1234, -1, Missing] },
        { 61, [0x12, 0x34, 0xFF, 0xFF, 0x80, 0x00], [0x1234, -1, Missing] },
        { 160, [0x34, 0x92, 0xFF, 0x7F, 0x00, 0x00], [0x1234, -1, Missing] },
        { 80, [128, 127, 255, 0], [0, -1, 127, Missing] },
        { 24, [0x56, 0x34, 0x12, 0xFF, 0xFF, 0xFF, 0, 0, 0x80], [0x123456, -1, Missing] },
        { 32, [0x78, 0x56, 0x34, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80], [0x12345678, -1, Missing] },
        { 212, [0x23, 0x61, 0x45, 0xFF, 0x8F, 0x00], [0x123, 0x645, -1, Missing] },
        { 212, [0x23, 0x61, 0x45, 0xFF, 0x0F], [0x123, 0x645, -1] }, // an odd number of samples: the last takes two bytes
        // 310: bits 1 to 10 of two words, and bits 11 to 15 of both.
        { 310, [0x02, 0x00, 0x04, 0x00, 0xFE, 0xFF, 0xFE, 0xFF, 0x00, 0x04, 0x02, 0x00], [1, 2, 0, -1, -1, -1, Missing, 1, 0] },
        { 310, [0x02, 0x00, 0x04, 0x00, 0xFE, 0x07], [1, 2, 0, -1] },
        // 311: three times 10 bits, lowest first.
        { 311, [0x01, 0x08, 0x30, 0x00, 0xFF, 0xFF, 0xFF, 0x3F, 0x00, 0x02, 0x00, 0x20], [1, 2, 3, -1, -1, -1, Missing, 0, Missing] },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void FormatsAreDecoded(int format, byte[] bytes, int[] expected)
    {
        using var folder = new RecordingFolder();
        folder.Write("x.dat", bytes);
        folder.Write("x.hea", $"x 1 360 {expected.Length}\nx.dat {format} 200 0 0 100");
        Assert.Equal(expected, ReadAll(folder.Path("x")));
        // Without a length in the header the file's decides; a cut last unit still gives its whole samples.
        folder.Write("x.hea", $"x 1 360\nx.dat {format} 200 0 0 100");
        Assert.Equal(expected, ReadAll(folder.Path("x"))[..expected.Length]);
    }

    [Fact]
    public void SignalsOfSeveralFilesMakeOneFrame()
    {
        using var folder = new RecordingFolder();
        folder.Write("a.dat", [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]); // frames of 1 + 2 samples
        folder.Write("b.dat", [99, 99, 138, 148]);
        folder.Write("x.hea", "x 4 100 2\na.dat 16\na.dat 16x2\nb.dat 80+2\nc 0");
        Assert.Equal([1, 2, 3, 10, Missing, 4, 5, 6, 20, Missing], ReadAll(folder.Path("x")));
    }

    [Fact]
    public void SkewIsTakenOut()
    {
        using var folder = new RecordingFolder();
        folder.Write("x.dat", [1, 0, 91, 0, 2, 0, 92, 0, 3, 0, 93, 0]);
        folder.Write("x.hea", "x 2 100 3\nx.dat 16:1\nx.dat 16");
        Assert.Equal([2, 91, 3, 92, Missing, 93], ReadAll(folder.Path("x")));
    }

    [Fact]
    public void PhysicalUnitsAndMissingSamples()
    {
        using var folder = new RecordingFolder();
        folder.Write("x.dat", [0x64, 0, 0x00, 0x80, 0x2C, 0x01]);
        folder.Write("x.hea", "x 1 100 3\nx.dat 16 100(100)/mV 16 0 0 -32368 0 II");
        using var source = new WfdbSource(folder.Path("x.hea"));
        var values = new float[5];
        Assert.Equal(3, source.Read(values));
        Assert.Equal([0, float.NaN, 2], values[..3]);
        Assert.Equal(0, source.Read(values));
        Assert.Equal(("II", "mV", 1f), (source.Channels[0].Name, source.Channels[0].Unit, source.Channels[0].Millivolts));
        Assert.Equal((100.0, 3L), (source.SampleRate, source.Length!.Value));
    }

    [Fact]
    public void AWrongChecksumIsReportedAtTheEnd()
    {
        using var folder = new RecordingFolder();
        folder.Write("x.dat", [1, 0, 2, 0]);
        folder.Write("x.hea", "x 1 100 2\nx.dat 16 200 12 0 1 3");
        Assert.Equal([1, 2], ReadAll(folder.Path("x")));
        folder.Write("x.hea", "x 1 100 2\nx.dat 16 200 12 0 1 4");
        Assert.Equal(EdgeError.RecordingCorrupt, Assert.Throws<EdgeException>(() => ReadAll(folder.Path("x"))).Error);
        using var unverified = WfdbReader.Open(folder.Path("x"), verifyChecksums: false);
        Assert.Equal(2, unverified.ReadFrames(new int[2]));
    }

    [Fact]
    public void MissingAndShortFilesAreNamed()
    {
        using var folder = new RecordingFolder();
        Assert.Equal(EdgeError.RecordingUnreadable, Assert.Throws<EdgeException>(() => WfdbReader.Open(folder.Path("x"))).Error);
        folder.Write("x.hea", "x 1 100 2\nx.dat 16");
        EdgeException missing = Assert.Throws<EdgeException>(() => WfdbReader.Open(folder.Path("x")));
        Assert.Equal((EdgeError.RecordingUnreadable, folder.Path("x.dat")), (missing.Error, missing.Place));
        folder.Write("x.dat", [1, 0, 2]);
        Assert.Equal(EdgeError.RecordingMalformed, Assert.Throws<EdgeException>(() => WfdbReader.Open(folder.Path("x"))).Error);
    }

    [Fact]
    public void ChannelsNeedOneRate()
    {
        using var folder = new RecordingFolder();
        folder.Write("x.dat", [1, 0, 2, 0, 3, 0]);
        folder.Write("x.hea", "x 2 100 1\nx.dat 16\nx.dat 16x2");
        Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => new WfdbSource(folder.Path("x"), 0, 1)).Error);
        Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => new WfdbSource(folder.Path("x"), 2)).Error);
        using var fast = new WfdbSource(folder.Path("x"), 1);
        var values = new float[4];
        Assert.Equal((200.0, 2), (fast.SampleRate, fast.Read(values)));
    }

    [Fact]
    public void RealRecordsMatchTheirChecksums()
    {
        Assert.SkipWhen(RepositoryPaths.Recordings is null, "no recordings beside the checkout");
        string[] headers = Directory.GetFiles(RepositoryPaths.Recordings!, "*.hea", SearchOption.AllDirectories);
        Assert.SkipWhen(headers.Length == 0, "no WFDB records among the recordings");
        foreach (string header in headers.Where(h => !h.EndsWith("_frame.hea", StringComparison.Ordinal) && File.ReadAllText(h).Contains(".dat", StringComparison.Ordinal)))
        {
            WfdbHeader described = WfdbHeaderReader.Read(header);
            if (described.Signals.All(s => File.Exists(Path.Combine(Path.GetDirectoryName(header)!, s.File))))
            {
                Assert.NotEmpty(ReadAll(header));
            }
        }
    }

    private static int[] ReadAll(string path)
    {
        using var reader = WfdbReader.Open(path);
        var samples = new int[reader.Frames * reader.FrameSize];
        int frames = 0;
        // Frame by frame at first, then the rest.
        while (frames < Math.Min(3, reader.Frames))
        {
            frames += reader.ReadFrames(samples.AsSpan(frames * reader.FrameSize, reader.FrameSize));
        }
        frames += reader.ReadFrames(samples.AsSpan(frames * reader.FrameSize));
        Assert.Equal(reader.Frames, frames);
        Assert.Equal(0, reader.ReadFrames(new int[reader.FrameSize]));
        return samples;
    }
}
