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

    /// <summary>SIGSTOP for 6 s, or as many as EDGE_STOP_SECONDS says: afterwards the streams go on from now, and an open page gets its events.</summary>
    [Fact]
    public async Task AStoppedProcessGoesOnFromNow()
    {
        int seconds = int.TryParse(Environment.GetEnvironmentVariable("EDGE_STOP_SECONDS"), CultureInfo.InvariantCulture, out int given) ? given : 6;
        int port = TestSetting.FreePort();
        using EdgeProcess edge = EdgeProcess.Serve("--demo", "--set", $"web.listen=127.0.0.1:{port}");
        using HttpClient http = Client(port);
        TestSetting.Eventually(() => Text(http, "/readyz") == "everything works\n", "readiness");
        using HttpClient page = Client(port);
        using var events = new StreamReader(await page.GetStreamAsync("/events"));
        long before = Status(http, "heart").GetProperty("produced").GetInt64();
        edge.Signal("STOP");
        Thread.Sleep(seconds * 1000);
        edge.Signal("CONT");
        await Task.Delay(500);
        long after = Status(http, "heart").GetProperty("produced").GetInt64();
        // The samples of 6 s would be 2160: they are not made up for in a burst. The page and the readiness are there as before.
        Assert.InRange(after - before, 0, 1500);
        long now = 0;
        while (now < after)
        {
            string line = await events.ReadLineAsync() ?? throw new InvalidOperationException("the page lost its connection");
            now = line.StartsWith("data: {\"stream\":\"heart\",\"position\":", StringComparison.Ordinal) ? JsonDocument.Parse(line[6..]).RootElement.GetProperty("position").GetInt64() : now;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"stopped for {seconds} s: {after - before} samples in between, the page goes on");
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

    /// <summary>One line says what is wrong, and no stack trace.</summary>
    [Fact]
    public void ABusyPortIsNamedInOneLine()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        other.Listen();
        int port = ((System.Net.IPEndPoint)other.LocalEndPoint!).Port;
        using EdgeProcess edge = EdgeProcess.Serve("--demo", "--set", $"web.listen=127.0.0.1:{port}");
        Assert.Equal(1, edge.WaitForExit());
        Assert.Contains($"the page cannot listen at 127.0.0.1:{port}", Assert.Single(edge.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    /// <summary>A file system that is mounted for reading only; in a mount namespace of its own, which not every machine allows.</summary>
    [Fact]
    public void AReadOnlyStateDirectoryIsNamed()
    {
        using var folder = new TemporaryFolder();
        string state = folder.Path("state");
        Directory.CreateDirectory(state);
        string file = folder.Write("c.json", $$"""{"state_directory":"{{state}}","web":{"listen":""},"streams":[{"name":"a","source":"synthetic://ecg"}]}""");
        using EdgeProcess edge = EdgeProcess.Start("/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", $"mount -t tmpfs -o ro none '{state}' || exit 99; exec '{EdgeProcess.Edge}' serve '{file}'");
        int code = edge.WaitForExit();
        Assert.SkipWhen(edge.Output.StartsWith("unshare:", StringComparison.Ordinal) || code == 99, $"no mount namespace can be made: {edge.Output}");
        Assert.Equal(1, code);
        Assert.Contains(state, edge.Output, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", edge.Output, StringComparison.Ordinal);
    }

    /// <summary>The whole process in a control group of 128 MiB where one can be made, else the managed heap.</summary>
    [Fact]
    public void ItLivesInOneHundredAndTwentyEightMegabytes()
    {
        int port = TestSetting.FreePort();
        using MemoryGroup? group = MemoryGroup.TryCreate(128 << 20);
        using EdgeProcess edge = group is null
            ? EdgeProcess.Serve(["--demo", "--set", $"web.listen=127.0.0.1:{port}"], ("DOTNET_GCHeapHardLimit", "0x8000000"))
            : EdgeProcess.Start("/bin/sh", "-c", $"echo $$ > '{group.Processes}' && exec '{EdgeProcess.Edge}' serve --demo --set web.listen=127.0.0.1:{port}");
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
