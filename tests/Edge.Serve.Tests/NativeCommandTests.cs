using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Edge.Client;

namespace Edge.Serve.Tests;

/// <summary>
/// The command as it is published: machine code ahead of time. EDGE_NATIVE says how to start it, words separated by spaces, so that
/// an emulator may stand before it: <c>qemu-aarch64-static artifacts/publish/Edge.Cli/release_linux-arm64/edge</c>. Skipped where it is not set.
/// What trimming takes away shows here: everything that finds types by reflection is used once.
/// </summary>
public class NativeCommandTests
{
    private static readonly string[] Command = (Environment.GetEnvironmentVariable("EDGE_NATIVE") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void DoctorChecksTheGoldenSamples()
    {
        RequireCommand();
        var binary = new FileInfo(Command[^1]);
        var codec = new FileInfo(Path.Combine(binary.DirectoryName!, "libSkiaSharp.so"));
        double[] starts = [.. Enumerable.Range(0, 5).Select(_ => Seconds(["--version"])).Order()];
        using EdgeProcess doctor = Start("doctor", TestSetting.Model, "--json");
        Assert.Equal(0, doctor.WaitForExit());
        JsonElement report = JsonDocument.Parse(doctor.Output[doctor.Output.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        Assert.All(report.GetProperty("goldens").EnumerateArray(), g => Assert.True(g.GetProperty("passed").GetBoolean()));
        Assert.NotEmpty(report.GetProperty("goldens").EnumerateArray());
        Tell($"{report.GetProperty("architecture").GetString()}: edge {Megabytes(binary)}, libSkiaSharp.so {Megabytes(codec)}; start to end of 'edge --version': median {starts[2] * 1000:0} ms of 5");
    }

    /// <summary>The same classes as the command that the just-in-time compiler runs, for a picture and from the file on.</summary>
    [Fact]
    public void RunReadsAPicture()
    {
        RequireCommand();
        using var folder = new TemporaryFolder();
        string picture = WriteDigit(folder);
        using EdgeProcess native = Start("run", TestSetting.Model, picture, "--top", "3", "--json");
        using EdgeProcess managed = EdgeProcess.Start(EdgeProcess.Edge, "run", TestSetting.Model, picture, "--top", "3", "--json");
        Assert.Equal((0, 0), (native.WaitForExit(), managed.WaitForExit()));
        (int Index, double Probability)[] found = Top(native);
        (int Index, double Probability)[] expected = Top(managed);
        Assert.Equal(expected.Select(t => t.Index), found.Select(t => t.Index));
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First.Probability, p.Second.Probability, 1e-5));
    }

    [Fact]
    public void ServeShowsTheDemo()
    {
        RequireCommand();
        int port = TestSetting.FreePort();
        long start = Stopwatch.GetTimestamp();
        using EdgeProcess edge = Start("serve", "--demo", "--set", $"web.listen=127.0.0.1:{port}");
        using HttpClient http = ProcessTests.Client(port);
        TestSetting.Eventually(() => ProcessTests.Text(http, "/readyz") == "everything works\n", "readiness");
        double ready = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TestSetting.Eventually(() => ProcessTests.Status(http, "heart").TryGetProperty("heart_rate", out JsonElement rate) && rate.GetDouble() is > 40 and < 150, "a heart rate");
        TestSetting.Eventually(() => ProcessTests.Status(http, "digits").GetProperty("processed").GetInt64() > 2, "frames");
        Assert.Contains("EventSource", ProcessTests.Text(http, "/"), StringComparison.Ordinal);
        Assert.Contains("edge_stream_produced_total{stream=\"heart\"}", ProcessTests.Text(http, "/metrics"), StringComparison.Ordinal);
        edge.Signal("TERM");
        Assert.Equal(0, edge.WaitForExit());
        Tell($"edge serve --demo: every source live after {ready:0.0} s");
    }

    /// <summary>A configuration from a file, a model that is replaced, a client of the local protocol, a broker, and files: then it ends when told.</summary>
    [Fact]
    public async Task ServeWorksWithEverythingThatIsConnected()
    {
        RequireCommand();
        Assert.SkipUnless(File.Exists(MqttTests.Broker), "mosquitto is not installed");
        using var folder = new TemporaryFolder();
        int broker = TestSetting.FreePort();
        int page = TestSetting.FreePort();
        string socket = $"unix:{folder.Path("s")}";
        string config = folder.Write("c.json", $$"""
            {
              "state_directory": "{{folder.Path("state")}}",
              "web": { "listen": "127.0.0.1:{{page}}" },
              "streams": [
                { "name": "heart", "source": "synthetic://ecg?hr=120" },
                { "name": "door", "source": "synthetic://camera?width=64&height=48&fps=5", "model": "{{TestSetting.Model}}", "threads": 1 }
              ],
              "sinks": [
                { "kind": "mqtt", "url": "mqtt://127.0.0.1:{{broker}}", "client": "edge-test", "results": ["beat"], "discovery": "homeassistant" },
                { "kind": "jsonl", "path": "{{folder.Path("r.jsonl")}}" },
                { "kind": "recording", "path": "{{folder.Path("records")}}" }
              ],
              "clients": { "listen": "{{socket}}", "model": "{{TestSetting.Model}}", "threads": 1 }
            }
            """);
        using EdgeProcess mosquitto = MqttTests.StartBroker(folder, broker);
        await using MqttTests.Subscriber subscriber = await MqttTests.Subscriber.ConnectAsync(broker);
        using EdgeProcess edge = Start("serve", config, "--log", "json");
        using HttpClient http = ProcessTests.Client(page);
        TestSetting.Eventually(() => ProcessTests.Text(http, "/readyz") == "everything works\n", "readiness");
        TestSetting.Eventually(() => subscriber.Ids.Length >= 3, "beats at the broker");
        Assert.Equal("online", subscriber.Last("edge/status"));
        Assert.NotNull(subscriber.Last("homeassistant/sensor/edge-test/heart_heart_rate/config"));
        await using (EdgeClient client = await EdgeClient.ConnectAsync(socket))
        {
            InferenceAnswer answer = await client.RunJpegAsync(await File.ReadAllBytesAsync(WriteDigit(folder)));
            Assert.Equal(10, answer.Outputs.Single().Values.Length);
        }
        using var swap = new StringContent(JsonSerializer.Serialize(new Dictionary<string, string> { ["path"] = TestSetting.Model }));
        Assert.Equal(16, (await (await http.PostAsync("/models/door", swap)).Content.ReadAsStringAsync()).Trim().Length);
        edge.Signal("HUP");
        TestSetting.Eventually(() => edge.Output.Contains("configuration reloaded", StringComparison.Ordinal), "the reload");
        TestSetting.Eventually(() => ProcessTests.Text(http, "/readyz") == "everything works\n", "readiness again");
        edge.Signal("TERM");
        Assert.Equal(0, edge.WaitForExit());
        Assert.Contains("\"kind\":\"beat\"", await File.ReadAllTextAsync(folder.Path("r.jsonl")), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(folder.Path("records"), "heart-*.dat"));
    }

    private static void RequireCommand() => Assert.SkipWhen(Command.Length == 0, "EDGE_NATIVE is not set: there is no published command");

    private static EdgeProcess Start(params string[] arguments) => EdgeProcess.Start(Command[0], [.. Command[1..], .. arguments]);

    private static double Seconds(string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using EdgeProcess edge = Start(arguments);
        Assert.Equal(0, edge.WaitForExit());
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The first picture of the demo's video.</summary>
    private static string WriteDigit(TemporaryFolder folder)
    {
        byte[] video = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(TestSetting.Model)!, "digits.mjpeg"));
        int end = video.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) + 2;
        File.WriteAllBytes(folder.Path("digit.jpg"), video[..end]);
        return folder.Path("digit.jpg");
    }

    private static (int Index, double Probability)[] Top(EdgeProcess run)
    {
        JsonElement rows = JsonDocument.Parse(run.Output).RootElement.GetProperty("runs")[0].GetProperty("outputs")[0].GetProperty("top");
        return [.. rows[0].EnumerateArray().Select(t => (t.GetProperty("index").GetInt32(), t.GetProperty("probability").GetDouble()))];
    }

    private static string Megabytes(FileInfo file) => (file.Length / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture) + " MiB";

    private static void Tell(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
