using System.Net;
using System.Net.Sockets;
using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;
using Edge.Testing;

namespace Edge.Serve.Tests;

/// <summary>A temporary folder.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-serve-");

    public string Root => _folder.FullName;

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>Things that many tests need.</summary>
internal static class TestSetting
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>A model with image preprocessing: LeNet-5, ten digits.</summary>
    public static string Model => System.IO.Path.Combine(RepositoryPaths.Root, "src", "Edge.Serve", "Demo", "lenet5.edge");

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until something holds; the machine may be slow.</summary>
    public static void Eventually(Func<bool> holds, string what = "it")
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < Patience, $"{what} does not happen");
            Thread.Sleep(5);
        }
    }
}

/// <summary>Remembers what a stream says.</summary>
internal sealed class Recorder : IStreamListener
{
    private readonly List<StreamResult> _results = [];

    public StreamResult[] Results
    {
        get
        {
            lock (_results)
            {
                return [.. _results];
            }
        }
    }

    /// <summary>Called on the stream's thread.</summary>
    public Action<StreamResult>? Then { get; init; }

    public void OnResult(StreamResult result)
    {
        lock (_results)
        {
            _results.Add(result);
        }
        Then?.Invoke(result);
    }

    public void OnFrame(string stream, ImageFrame frame)
    {
    }

    public void OnSamples(string stream, long position, ReadOnlySpan<float> samples)
    {
    }
}

/// <summary>"JPEG" files of three bytes: FF D8 and a gray value; others are damaged.</summary>
internal sealed class TestCodec : IImageCodec
{
    public bool TryDecode(ReadOnlySpan<byte> jpeg, ImageFrame target)
    {
        if (jpeg.Length != 3)
        {
            return false;
        }
        target.Prepare(FrameFormat.Rgb24, 32, 32).Fill(jpeg[2]);
        return true;
    }

    public byte[] Encode(ImageFrame frame, int quality) => [0xFF, 0xD8, frame.Bytes[0]];
}

/// <summary>Time that passes only when a test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _now = 1_000_000;

    public DateTimeOffset Utc { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => Utc;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _now, (long)time.TotalMicroseconds);
}
