using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Sensors.Exec;
using Edge.Runtime.Sensors.Files;
using Edge.Runtime.Sensors.Synthetic;

namespace Edge.Runtime.Tests.Sensors;

public class ImageSourceTests
{
    /// <summary>A file as JPEG's markers want it: a table that holds what looks like an end, a scan with a stuffed byte and a restart.</summary>
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xDB, 0, 6, 0xFF, 0xD9, 1, 2, 0xFF, 0xDA, 0, 4, 9, 9, 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 0xFF, 0xD9];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void FramesAreFoundHoweverTheStreamIsCut(int chunk)
    {
        byte[] stream = [1, 2, 0xFF, .. Jpeg, .. Jpeg, 0, 0xFF, 0xD8, 5, .. Jpeg];
        var splitter = new JpegSplitter();
        Assert.Equal(3, Split(splitter, stream, chunk).Count(f => f.SequenceEqual(Jpeg)));
    }

    [Fact]
    public void CutOffAndBrokenFramesAreCountedAndTheNextIsFound()
    {
        var splitter = new JpegSplitter();
        byte[] cut = Jpeg[..14];
        byte[] wrongLength = [0xFF, 0xD8, 0xFF, 0xDB, 0, 1];
        Assert.Single(Split(splitter, [.. cut, .. wrongLength, .. Jpeg], 5));
        Assert.Equal(2, splitter.BadFrames);
    }

    [Fact]
    public void AFrameThatNeverEndsIsGivenUp()
    {
        var splitter = new JpegSplitter(mostBytes: 10_000);
        byte[] endless = [.. Jpeg[..16], .. new byte[20_000]];
        Assert.Single(Split(splitter, [.. endless, .. Jpeg], 1000));
        Assert.Equal(1, splitter.BadFrames);
    }

    [Fact]
    public void RandomBytesNeverBreakTheSplitter()
    {
        var random = new Random(1);
        for (int round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = random.Next(4) switch { 0 => 0xFF, 1 => (byte)(0xD0 + random.Next(16)), _ => bytes[i] };
            }
            var splitter = new JpegSplitter(mostBytes: 300);
            foreach (byte[] file in Split(splitter, bytes, random.Next(1, 50)))
            {
                Assert.Equal([0xFF, 0xD8], file[..2]);
                Assert.Equal([0xFF, 0xD9], file[^2..]);
            }
        }
    }

    [Fact]
    public void TheTestPatternTellsItsNumber()
    {
        using var camera = new SyntheticCamera(64, 48, 10, 3);
        var frame = new ImageFrame();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(camera.Read(frame));
            Assert.Equal(i, SyntheticCamera.ReadNumber(frame.Bytes, 64, 48));
        }
        Assert.False(camera.Read(frame));
        Assert.Throws<EdgeException>(() => new SyntheticCamera(10, 10));
    }

    [Fact]
    public void FoldersAndMjpegFilesArePlayed()
    {
        using var folder = new RecordingFolder();
        folder.Write("b.jpg", [.. Jpeg, 1]);
        folder.Write("a.jpeg", Jpeg);
        folder.Write("c.txt", "no picture");
        using IImageSource images = ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("")}?fps=5"));
        Assert.Equal(5, images.Rate);
        Assert.Equal([Jpeg.Length, Jpeg.Length + 1], ReadAll(images));
        folder.Write("v.mjpeg", [.. Jpeg, .. Jpeg, .. Jpeg]);
        using IImageSource video = ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("v.mjpeg")}"));
        Assert.Equal(25, video.Rate);
        Assert.Equal(3, ReadAll(video).Length);
        using IImageSource loop = ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("v.mjpeg")}?loop=yes"));
        var frame = new ImageFrame();
        Assert.All(Enumerable.Range(0, 10), i => Assert.True(loop.Read(frame) && frame.Sequence == i));
    }

    [Fact]
    public void FilesWithoutFramesAndOtherCodecsAreNamed()
    {
        using var folder = new RecordingFolder();
        folder.Write("v.mjpeg", [1, 2, 3]);
        using IImageSource video = ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("v.mjpeg")}"));
        Assert.Equal(EdgeError.RecordingMalformed, Assert.Throws<EdgeException>(() => video.Read(new ImageFrame())).Error);
        var avi = new byte[200];
        "RIFF"u8.CopyTo(avi);
        "AVI "u8.CopyTo(avi.AsSpan(8));
        "strh"u8.CopyTo(avi.AsSpan(100));
        "vidsH264"u8.CopyTo(avi.AsSpan(108));
        folder.Write("v.avi", avi);
        Assert.Contains("H264", Assert.Throws<EdgeException>(() => ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("v.avi")}"))).Message, StringComparison.Ordinal);
        "vidsMJPG"u8.CopyTo(avi.AsSpan(108));
        avi[128] = 1;
        avi[132] = 12;
        folder.Write("v.avi", avi);
        using IImageSource good = ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("v.avi")}"));
        Assert.Equal(12, good.Rate);
        Assert.Throws<EdgeException>(() => ImageSources.Open(SourceAddress.Parse($"file://{folder.Path("nothing.avi")}")));
    }

    [Fact]
    public void AChildProcessGivesFramesAndItsEndIsAnErrorWithItsLastWords()
    {
        using var folder = new RecordingFolder();
        folder.Write("f.jpg", Jpeg);
        using IImageSource source = ImageSources.Open(SourceAddress.Parse($"exec:cat {folder.Path("f.jpg")} {folder.Path("f.jpg")}; echo the lens is dirty >&2; exit 3"));
        var frame = new ImageFrame();
        Assert.True(source.Read(frame) && source.Read(frame));
        Assert.Equal(1, frame.Sequence);
        EdgeException end = Assert.Throws<EdgeException>(() => source.Read(frame));
        Assert.Contains("code 3", end.Message, StringComparison.Ordinal);
        Assert.Contains("the lens is dirty", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AChildProcessThatHangsIsEndedWithItsChildren()
    {
        string marker = $"1{Environment.ProcessId}.{Environment.TickCount64 % 100000}";
        var source = new ExecSource(new ExecOptions($"sleep {marker} | cat", FrameFormat.Jpeg, 0, 0) { Stall = TimeSpan.FromMilliseconds(300) }, "exec");
        Assert.Contains("no frame for", Assert.Throws<EdgeException>(() => source.Read(new ImageFrame())).Message, StringComparison.Ordinal);
        source.Dispose();
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Select(CommandOf), c => c.Contains(marker, StringComparison.Ordinal));
    }

    [Fact]
    public void RawFramesOfAChildProcessAreCutBySize()
    {
        using IImageSource source = ImageSources.Open(SourceAddress.Parse("exec:gray8,4x2:printf 'abcdefghABCDEFGHxyz'"));
        var frame = new ImageFrame();
        Assert.True(source.Read(frame) && source.Read(frame));
        Assert.Equal("ABCDEFGH"u8.ToArray(), frame.Bytes.ToArray());
        Assert.Throws<EdgeException>(() => source.Read(frame)); // the rest is no frame
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("v4l2:///dev/video0?widht=3")]
    [InlineData("v4l2:///dev/video0?width=x")]
    [InlineData("v4l2:///dev/video0?format=h264")]
    [InlineData("synthetic://nothing")]
    [InlineData("synthetic://camera?fps=0")]
    [InlineData("synthetic://camera?fps=1&fps=2")]
    [InlineData("exec:")]
    [InlineData("ftp://host/file")]
    public void WrongAddressesAreNamed(string address)
    {
        EdgeException problem = Assert.Throws<EdgeException>(() => ImageSources.Open(SourceAddress.Parse(address)));
        Assert.True(problem.Error is EdgeError.BadSourceAddress or EdgeError.SourceFailed, problem.Message);
        Assert.NotNull(problem.Remedy);
    }

    [Theory]
    [InlineData("i2c://1?chip=ads1115")]
    [InlineData("i2c://1/0x48")]
    [InlineData("i2c://1/0x99?chip=ads1115")]
    [InlineData("i2c://1/0x48?chip=ads9999")]
    [InlineData("spi://0?chip=mcp3008")]
    [InlineData("spi://0.0?chip=mcp3008&input=9")]
    [InlineData("spi://0.0?chip=ads1292r")]
    [InlineData("synthetic://ecg?hr=1000")]
    [InlineData("synthetic://ecg?noise=x")]
    [InlineData("wfdb:///nothing?loop=maybe")]
    public void WrongAddressesOfSignalsAreNamed(string address) =>
        Assert.Equal(EdgeError.BadSourceAddress, Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse(address))).Error);

    [Fact]
    public void ABusThatIsNotThereIsAnErrorThatCanBeRetried()
    {
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("i2c://199/0x48?chip=ads1115"))).Error);
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("spi://199.0?chip=mcp3008"))).Error);
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("spi://199.0?chip=max30003"))).Error);
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() => SignalSources.Open(SourceAddress.Parse("spi://199.0?chip=ads1292r&drdy=24"))).Error);
    }

    private static List<byte[]> Split(JpegSplitter splitter, byte[] stream, int chunk)
    {
        var files = new List<byte[]>();
        foreach (byte[] part in stream.Chunk(chunk))
        {
            splitter.Add(part);
            while (splitter.TryRead(out ReadOnlySpan<byte> file))
            {
                files.Add(file.ToArray());
            }
        }
        return files;
    }

    private static int[] ReadAll(IImageSource source)
    {
        var lengths = new List<int>();
        var frame = new ImageFrame();
        while (source.Read(frame))
        {
            lengths.Add(frame.Length);
        }
        return [.. lengths];
    }

    private static string CommandOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
