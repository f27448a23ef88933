using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Edge.Serve.Tests;

/// <summary>The command, as an operator uses it.</summary>
public class ProcessTests
{
    [Fact]
    public void TheDemoShowsItselfAndEndsWhenTold()
    {
        using var folder = new TemporaryFolder();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        systemd.Bind(new UnixDomainSocketEndPoint(folder.Path("notify")));
        int port = TestSetting.FreePort();
        using EdgeProcess edge = EdgeProcess.Serve(["--demo", "--set", $"web.listen=127.0.0.1:{port}", "--log", "json"], ("NOTIFY_SOCKET", folder.Path("notify")), ("WATCHDOG_USEC", "200000"));
        using HttpClient http = Client(port);
        TestSetting.Eventually(() => Text(http, "/readyz") == "everything works\n", "readiness");
        TestSetting.Eventually(() => Status(http, "heart").TryGetProperty("heart_rate", out JsonElement rate) && rate.GetDouble() is > 40 and < 150, "a heart rate");
        TestSetting.Eventually(() => Status(http, "digits").GetProperty("processed").GetInt64() > 2, "frames");
        string said = "";
        var buffer = new byte[4096];
        while (!(said.Contains("READY=1", StringComparison.Ordinal) && said.Contains("WATCHDOG=1", StringComparison.Ordinal)))
        {
            said += Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer)) + "\n";
        }
        edge.Signal("TERM");
        Assert.Equal(0, edge.WaitForExit());
        JsonElement first = JsonDocument.Parse(edge.Output.Split('\n').First(l => l.Contains("started", StringComparison.Ordinal))).RootElement;
        Assert.Equal(3, first.GetProperty("State").GetProperty("Streams").GetInt32());
        Assert.Contains("stopping", edge.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoppedProcessGoesOnFromNow()
    {
        int port = TestSetting.FreePort();
        using EdgeProcess edge = EdgeProcess.Serve("--demo", "--set", $"web.listen=127.0.0.1:{port}");
        using HttpClient http = Client(port);
        TestSetting.Eventually(() => Text(http, "/readyz") == "everything works\n", "readiness");
        long before = Status(http, "heart").GetProperty("produced").GetInt64();
        edge.Signal("STOP");
        Thread.Sleep(6000);
        edge.Signal("CONT");
        Thread.Sleep(500);
        long after = Status(http, "heart").GetProperty("produced").GetInt64();
        // 6 s of samples would be 2160: they are not made up for in a burst. The page and the readiness are there as before.
        Assert.InRange(after - before, 0, 1500);
        TestSetting.Eventually(() => Text(http, "/healthz") == "everything works\n", "health");
        edge.Signal("INT");
        Assert.Equal(0, edge.WaitForExit());
    }

    [Fact]
    public void ABadConfigurationAndASecondDaemonAreRefused()
    {
        using var folder = new TemporaryFolder();
        int port = TestSetting.FreePort();
        string json = $$"""{"state_directory":"{{folder.Path("state")}}","web":{"listen":"127.0.0.1:{{port}}"},"streams":[{"name":"a","source":"synthetic://ecg"}]}""";
        string file = folder.Write("c.json", json);
        using EdgeProcess edge = EdgeProcess.Serve(file);
        using HttpClient http = Client(port);
        TestSetting.Eventually(() => Text(http, "/readyz") == "everything works\n", "readiness");
        using EdgeProcess second = EdgeProcess.Serve(file, "--set", "web.listen=");
        Assert.Equal(1, second.WaitForExit());
        Assert.Contains($"process {edge.Id.ToString(CultureInfo.InvariantCulture)} uses the state directory", second.Output, StringComparison.Ordinal);
        folder.Write("c.json", "{\"streams\": [}");
        edge.Signal("HUP");
        TestSetting.Eventually(() => edge.Output.Contains("configuration refused", StringComparison.Ordinal), "the refusal");
        folder.Write("c.json", json.Replace("\"a\"", "\"b\"", StringComparison.Ordinal));
        edge.Signal("HUP");
        TestSetting.Eventually(() => Text(http, "/status").Contains("\"b\"", StringComparison.Ordinal), "the reload");
        edge.Kill();
        using EdgeProcess third = EdgeProcess.Serve(file); // the lock went with the process
        TestSetting.Eventually(() => Text(http, "/readyz") == "everything works\n", "readiness after kill -9");
        third.Signal("TERM");
        Assert.Equal(0, third.WaitForExit());
    }

    [Fact]
    public void WrongUsageIsTold()
    {
        using EdgeProcess nothing = EdgeProcess.Serve();
        Assert.Equal(2, nothing.WaitForExit());
        Assert.Contains("--demo", nothing.Output, StringComparison.Ordinal);
        using EdgeProcess missing = EdgeProcess.Serve("/nothing.json");
        Assert.Equal(1, missing.WaitForExit());
        Assert.Contains("EC6003 /nothing.json", missing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ItLivesInOneHundredAndTwentyEightMegabytes()
    {
        int port = TestSetting.FreePort();
        using EdgeProcess edge = EdgeProcess.Serve(["--demo", "--set", $"web.listen=127.0.0.1:{port}"], ("DOTNET_GCHeapHardLimit", "0x8000000"));
        using HttpClient http = Client(port);
        TestSetting.Eventually(() => Text(http, "/readyz") == "everything works\n", "readiness");
        TestSetting.Eventually(() => Status(http, "heart").GetProperty("processed").GetInt64() > 360 * 3, "three seconds of ECG");
        Assert.InRange(JsonDocument.Parse(Text(http, "/status")).RootElement.GetProperty("memory_bytes").GetInt64(), 1, 128 << 20);
        edge.Signal("TERM");
        Assert.Equal(0, edge.WaitForExit());
    }

    internal static HttpClient Client(int port) => new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };

    internal static string Text(HttpClient http, string path)
    {
        try
        {
            return http.GetStringAsync(path).Result;
        }
        catch (AggregateException)
        {
            return ""; // it is not there yet
        }
    }

    internal static JsonElement Status(HttpClient http, string stream) =>
        JsonDocument.Parse(Text(http, "/status")).RootElement.GetProperty("streams").EnumerateArray().First(s => s.GetProperty("name").GetString() == stream);
}
