using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Soak;

/// <summary>What a soak test runs.</summary>
/// <param name="Edge">The program.</param>
/// <param name="Model">The camera's model.</param>
/// <param name="Minutes">How long the sources run.</param>
/// <param name="WarmUp">Minutes before the memory is fitted.</param>
internal sealed record SoakOptions(string Edge, string Model, double Minutes, double WarmUp)
{
    public const int FramesPerSecond = 30;
}

/// <summary>What a soak test found.</summary>
internal sealed record SoakFindings
{
    /// <summary><c>/status</c> after the sources had ended.</summary>
    public required JsonElement Status { get; init; }

    public required MemorySeries Memory { get; init; }

    public required double BusyCores { get; init; }

    public required double IdleCores { get; init; }

    public required int[] PageEvents { get; init; }

    /// <summary>Milliseconds that each result of the camera was old, and that its inference took, as the first page heard.</summary>
    public required IReadOnlyList<(double Age, double Inference)> Frames { get; init; }

    /// <summary>Messages that another client of the broker got; null without a broker.</summary>
    public required int? Messages { get; init; }

    public required (int First, int Last) Descriptors { get; init; }

    public required (int First, int Last) Threads { get; init; }

    public required (int Code, double Seconds) End { get; init; }
}

/// <summary>
/// Runs <c>edge serve</c> with a camera of 640 x 480 at 30 frames per second, an ECG of 360 Hz, two pages and a broker, for some minutes;
/// then the sources end, and the daemon idles.
/// </summary>
internal sealed class SoakRun(SoakOptions options) : IDisposable
{
    private const string Mosquitto = "/usr/sbin/mosquitto";
    private const double IdleSeconds = 10;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-soak-");
    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _pageEvents = new int[2];
    private readonly List<(double, double)> _frames = [];
    private int _messages;

    /// <exception cref="EdgeException">The daemon cannot be started, or ended by itself.</exception>
    public SoakFindings Run()
    {
        int page = FreePort();
        int? broker = File.Exists(Mosquitto) ? FreePort() : null;
        using ServedProcess? mosquitto = broker is { } port ? new ServedProcess(Mosquitto, null, "-c", WriteBrokerConfig(port)) : null;
        using ServedProcess? subscriber = broker is { } at ? new ServedProcess("/bin/sh", _ => Interlocked.Increment(ref _messages), "-c", $"sleep 1; exec mosquitto_sub -p {at} -q 1 -t 'edge/heart/beat'") : null;
        using var daemon = new ServedProcess(options.Edge, null, "serve", WriteConfig(page, broker));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{page}"), Timeout = TimeSpan.FromSeconds(30) };
        WaitUntilReady(daemon, http);
        Task[] pages = [.. Enumerable.Range(0, _pageEvents.Length).Select(i => ReadPageAsync(page, i))];
        var memory = new List<MemorySample>();
        (int descriptors, int threads) = (0, 0);
        long start = Stopwatch.GetTimestamp();
        double cpu = daemon.ProcessorSeconds;
        while (true)
        {
            RequireAlive(daemon);
            memory.Add(Sample(daemon, http, start));
            if (memory.Count == 2)
            {
                (descriptors, threads) = (daemon.Descriptors, daemon.Threads);
            }
            TimeSpan left = TimeSpan.FromMinutes(options.Minutes) - Stopwatch.GetElapsedTime(start);
            if (left < SampleEvery)
            {
                Thread.Sleep(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                break;
            }
            Thread.Sleep(SampleEvery);
        }
        double busy = (daemon.ProcessorSeconds - cpu) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        (int lastDescriptors, int lastThreads) = (daemon.Descriptors, daemon.Threads);
        WaitUntilEnded(daemon, http);
        cpu = daemon.ProcessorSeconds;
        Thread.Sleep(TimeSpan.FromSeconds(IdleSeconds));
        double idle = (daemon.ProcessorSeconds - cpu) / IdleSeconds;
        JsonElement status = Status(http);
        _stop.Cancel();
        Task.WaitAll(pages);
        return new SoakFindings
        {
            Status = status,
            Memory = new MemorySeries(memory, options.WarmUp),
            BusyCores = busy,
            IdleCores = idle,
            PageEvents = [.. _pageEvents],
            Frames = _frames,
            Messages = broker is null ? null : _messages,
            Descriptors = (descriptors, lastDescriptors),
            Threads = (threads, lastThreads),
            End = daemon.Terminate(),
        };
    }

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static JsonElement Status(HttpClient http) => JsonDocument.Parse(http.GetStringAsync("/status").GetAwaiter().GetResult()).RootElement;

    private static MemorySample Sample(ServedProcess daemon, HttpClient http, long start)
    {
        JsonElement status = Status(http);
        (long resident, long proportional, long anonymous) = daemon.Memory();
        return new MemorySample(Stopwatch.GetElapsedTime(start).TotalMinutes, resident, proportional, anonymous, status.GetProperty("heap_bytes").GetInt64(), status.GetProperty("heap_committed_bytes").GetInt64());
    }

    private static void RequireAlive(ServedProcess daemon)
    {
        if (daemon.HasExited)
        {
            throw new EdgeException(EdgeError.SourceFailed, $"the daemon ended by itself: {daemon.LastLines}");
        }
    }

    private static void WaitUntilReady(ServedProcess daemon, HttpClient http)
    {
        while (true)
        {
            RequireAlive(daemon);
            try
            {
                if (http.GetAsync("/readyz").GetAwaiter().GetResult().IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It is starting.
            }
            Thread.Sleep(20);
        }
    }

    private static void WaitUntilEnded(ServedProcess daemon, HttpClient http)
    {
        while (!Status(http).GetProperty("streams").EnumerateArray().All(s => s.GetProperty("state").GetString() == "ended"))
        {
            RequireAlive(daemon);
            Thread.Sleep(200);
        }
        Thread.Sleep(1000); // the last results reach the broker
    }

    private string WriteBrokerConfig(int port)
    {
        string path = Path.Combine(_folder.FullName, "mosquitto.conf");
        File.WriteAllText(path, $"listener {port} 127.0.0.1\nallow_anonymous true\n");
        return path;
    }

    private string WriteConfig(int page, int? broker)
    {
        string path = Path.Combine(_folder.FullName, "edge.json");
        string seconds = (options.Minutes * 60).ToString(CultureInfo.InvariantCulture);
        string frames = ((int)(options.Minutes * 60 * SoakOptions.FramesPerSecond)).ToString(CultureInfo.InvariantCulture);
        string sinks = broker is { } port ? $$"""{ "kind": "mqtt", "url": "mqtt://127.0.0.1:{{port}}" }""" : "";
        File.WriteAllText(path, $$"""
            {
              "state_directory": "{{Path.Combine(_folder.FullName, "state")}}",
              "web": { "listen": "127.0.0.1:{{page}}" },
              "streams": [
                { "name": "camera", "source": "synthetic://camera?width=640&height=480&fps={{SoakOptions.FramesPerSecond}}&frames={{frames}}", "model": "{{options.Model}}", "threads": 1 },
                { "name": "heart", "source": "synthetic://ecg?noise=0.05&seconds={{seconds}}" }
              ],
              "sinks": [ {{sinks}} ]
            }
            """);
        return path;
    }

    /// <summary>What a page does: it reads its events, and the pictures that they tell of.</summary>
    private async Task ReadPageAsync(int port, int index)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            using Stream events = await http.GetStreamAsync("/events", _stop.Token);
            using var reader = new StreamReader(events);
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line == "event: frame")
                {
                    await http.GetByteArrayAsync("/frame/camera", _stop.Token);
                }
                else if (index == 0 && line == "event: result")
                {
                    Note(await reader.ReadLineAsync(_stop.Token));
                }
                _pageEvents[index] += line.StartsWith("event: ", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        catch (OperationCanceledException)
        {
            // The soak is over.
        }
    }

    private void Note(string? data)
    {
        JsonElement result = JsonDocument.Parse(data!["data: ".Length..]).RootElement;
        if (result.GetProperty("stream").GetString() == "camera" && result.TryGetProperty("inference_ms", out JsonElement inference))
        {
            _frames.Add((result.GetProperty("age_ms").GetDouble(), inference.GetDouble()));
        }
    }
}
