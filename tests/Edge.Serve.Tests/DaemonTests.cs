using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Configuration;
using Edge.Serve.Hosting;

namespace Edge.Serve.Tests;

/// <summary>The whole daemon, in this process.</summary>
public class DaemonTests
{
    [Fact]
    public async Task ThePageShowsWhatStreamsDo()
    {
        using var folder = new TemporaryFolder();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Config(folder));
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/healthz")).StatusCode);
        TestSetting.Eventually(() => daemon.GetAsync("/readyz").Result.StatusCode == HttpStatusCode.OK, "readiness");
        HttpResponseMessage page = await daemon.GetAsync("/");
        Assert.Contains("EventSource", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        JsonElement status = JsonDocument.Parse(await daemon.TextAsync("/status")).RootElement;
        Assert.Equal(["door", "heart"], status.GetProperty("streams").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        string metrics = await daemon.TextAsync("/metrics");
        Assert.Contains("edge_stream_produced_total{stream=\"heart\"}", metrics, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await daemon.GetAsync("/frame/nothing")).StatusCode);
    }

    [Fact]
    public async Task EventsComeAsTheyHappen()
    {
        using var folder = new TemporaryFolder();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Config(folder));
        var seen = new HashSet<string>();
        using Stream events = await daemon.Http.GetStreamAsync("/events");
        using var reader = new StreamReader(events);
        while (!seen.IsSupersetOf(["event: state", "event: samples", "event: frame", "event: result"]))
        {
            string line = (await reader.ReadLineAsync())!;
            seen.Add(line);
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                JsonDocument.Parse(line[6..]).Dispose();
            }
        }
        Assert.Equal([0xFF, 0xD8], (await daemon.Http.GetByteArrayAsync("/frame/door"))[..2]);
    }

    [Theory]
    [InlineData("evil.example", null, HttpStatusCode.MisdirectedRequest)]
    [InlineData(null, "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData(null, "null", HttpStatusCode.Forbidden)]
    [InlineData("localhost", null, HttpStatusCode.OK)]
    public async Task OtherHostsAndOriginsAreRefused(string? host, string? origin, HttpStatusCode expected)
    {
        using var folder = new TemporaryFolder();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Config(folder));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/status");
        request.Headers.Host = host;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        Assert.Equal(expected, (await daemon.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task ATokenIsAskedForButNotForHealth()
    {
        using var folder = new TemporaryFolder();
        ServeConfig config = Config(folder);
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config with { Web = config.Web with { TokenFile = folder.Write("token", "secret\n") } });
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await daemon.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await daemon.GetAsync("/status?token=wrong")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/status?token=secret")).StatusCode);
        daemon.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/metrics")).StatusCode);
    }

    [Fact]
    public async Task TlsWorksAndPlainTextDoesNot()
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        ServeConfig config = Config(folder);
        var web = config.Web with { Certificate = folder.Write("c.pem", certificate.ExportCertificatePem()), Key = folder.Write("k.pem", key.ExportPkcs8PrivateKeyPem()) };
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config with { Web = web });
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/healthz")).StatusCode);
        using var plain = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync(new Uri(daemon.Http.BaseAddress!.ToString().Replace("https", "http", StringComparison.Ordinal))));
        EdgeException problem = await Assert.ThrowsAsync<EdgeException>(() => RunningDaemon.StartAsync(config with { Web = web with { Key = folder.Write("x.pem", "no key") } }));
        Assert.Contains("certificate", problem.Message, StringComparison.Ordinal);
        problem = await Assert.ThrowsAsync<EdgeException>(() => RunningDaemon.StartAsync(config with { Web = web with { Certificate = folder.Path("nothing.pem") } }));
        Assert.Contains("nothing.pem", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>A certificate that has ended, or that a device with a wrong clock takes for one of the future, is no reason to stop; health tells.</summary>
    [Theory]
    [InlineData(1990, 2000, "ended on 2000-01-01")]
    [InlineData(2200, 2210, "begins on 2200-01-01")]
    public async Task ACertificateOfAnotherTimeShowsInTheHealth(int from, int to, string expected)
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(new DateTimeOffset(from, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(to, 1, 1, 0, 0, 0, TimeSpan.Zero));
        ServeConfig config = Config(folder);
        var web = config.Web with { Certificate = folder.Write("c.pem", certificate.ExportCertificatePem()), Key = folder.Write("k.pem", key.ExportPkcs8PrivateKeyPem()) };
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config with { Web = web });
        HttpResponseMessage health = await daemon.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Contains(expected, await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LargeBodiesAndStrangeJsonAreAnswered()
    {
        using var folder = new TemporaryFolder();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Config(folder));
        foreach ((string body, HttpStatusCode expected) in new[]
        {
            (new string('x', 100_000), HttpStatusCode.RequestEntityTooLarge),
            (new string('[', 10_000), HttpStatusCode.BadRequest),
            ("{}", HttpStatusCode.BadRequest),
            ("{\"path\":\"/nothing\"}", HttpStatusCode.Conflict),
        })
        {
            using var content = new StringContent(body);
            Assert.Equal(expected, (await daemon.Http.PostAsync("/models/door", content)).StatusCode);
        }
        using var swap = new StringContent(JsonSerializer.Serialize(new Dictionary<string, string> { ["path"] = TestModels.Write(folder.Path("new.edge"), 2) }));
        string hash = (await (await daemon.Http.PostAsync("/models/door", swap)).Content.ReadAsStringAsync()).Trim();
        Assert.Equal(16, hash.Length);
        TestSetting.Eventually(() => daemon.TextAsync("/status").Result.Contains(hash, StringComparison.Ordinal), "the swap");
    }

    /// <summary>Five pages that never read: the sixth gets its events, memory stays, and the five lose theirs.</summary>
    [Fact]
    public async Task StalledPagesHoldUpNobody()
    {
        using var folder = new TemporaryFolder();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Config(folder));
        var stalled = new List<Socket>();
        for (int i = 0; i < 5; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 };
            await socket.ConnectAsync(IPAddress.Loopback, daemon.Http.BaseAddress!.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            stalled.Add(socket);
        }
        using Stream events = await daemon.Http.GetStreamAsync("/events");
        var buffer = new byte[4096];
        int read = 0;
        while (read < 50_000)
        {
            read += await events.ReadAsync(buffer);
        }
        stalled.ForEach(s => s.Dispose());
        Assert.Equal(HttpStatusCode.OK, (await daemon.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task HalfRequestsAndIdleConnectionsAreClosed()
    {
        using var folder = new TemporaryFolder();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Config(folder));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
        await socket.ConnectAsync(IPAddress.Loopback, daemon.Http.BaseAddress!.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /status HTTP/1.1\r\nHost: loc"));
        var buffer = new byte[1024];
        int count = socket.Receive(buffer); // 408, after 5 s
        Assert.Contains("408", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABadConfigurationIsRefusedAndTheOldOneGoesOn()
    {
        using var folder = new TemporaryFolder();
        ServeConfig config = Config(folder);
        string next = "{";
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config, () => ConfigFile.Parse(next, "c.json", []));
        Assert.Equal(HttpStatusCode.Conflict, (await daemon.PostAsync("/reload")).StatusCode);
        next = """{"streams":[{"name":"other","source":"synthetic://camera","model":"/nothing.edge"}]}""";
        Assert.Equal(HttpStatusCode.Conflict, (await daemon.PostAsync("/reload")).StatusCode);
        next = """{"streams":[{"name":"other","source":"wfdb:///nothing"}]}"""; // valid, but it cannot be opened
        Assert.Equal(HttpStatusCode.Conflict, (await daemon.PostAsync("/reload")).StatusCode);
        Assert.Contains("\"door\"", await daemon.TextAsync("/status"), StringComparison.Ordinal);
        TestSetting.Eventually(() => daemon.GetAsync("/readyz").Result.StatusCode == HttpStatusCode.OK, "readiness after a reload that was undone");
        next = """{"streams":[{"name":"other","source":"synthetic://ecg"}]}""";
        Assert.Equal(HttpStatusCode.OK, (await daemon.PostAsync("/reload")).StatusCode);
        Assert.Contains("\"other\"", await daemon.TextAsync("/status"), StringComparison.Ordinal);
    }

    /// <summary>A sink that opens a pipe which nobody reads waits for ever: the watchdog hears nothing more, and health says why.</summary>
    [Fact]
    public async Task TheWatchdogIsWithheldWhenAStageHangs()
    {
        using var folder = new TemporaryFolder();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        systemd.Bind(new UnixDomainSocketEndPoint(folder.Path("notify")));
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", folder.Path("pipe")))
        {
            await make.WaitForExitAsync();
        }
        ServeConfig config = Config(folder) with { Sinks = [new SinkConfig { Kind = "jsonl", Path = folder.Path("pipe") }] };
        RunningDaemon daemon = await RunningDaemon.StartAsync(config, null, new SystemdNotifier(folder.Path("notify"), "100000"), TimeSpan.FromSeconds(2));
        string said = "";
        TestSetting.Eventually(() => (said += Receive(systemd)).Contains("READY=1", StringComparison.Ordinal), "READY");
        TestSetting.Eventually(() => daemon.GetAsync("/healthz").Result.StatusCode == HttpStatusCode.ServiceUnavailable, "bad health");
        Assert.Contains("sink 0 (jsonl) has been busy", await daemon.TextAsync("/healthz"), StringComparison.Ordinal);
        while (systemd.Available > 0)
        {
            said += Receive(systemd);
        }
        Assert.Contains("WATCHDOG=1", said, StringComparison.Ordinal);
        await Task.Delay(500);
        string after = "";
        while (systemd.Available > 0)
        {
            after += Receive(systemd);
        }
        Assert.DoesNotContain("WATCHDOG=1", after, StringComparison.Ordinal);
        using (FileStream reader = File.OpenRead(folder.Path("pipe")))
        {
            TestSetting.Eventually(() => daemon.GetAsync("/healthz").Result.StatusCode == HttpStatusCode.OK, "good health");
            await daemon.DisposeAsync();
        }
    }

    [Fact]
    public async Task AnAddressInUseAndAMissingModelAreNamed()
    {
        using var folder = new TemporaryFolder();
        ServeConfig config = Config(folder);
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config);
        EdgeException problem = await Assert.ThrowsAsync<EdgeException>(() => RunningDaemon.StartAsync(config));
        Assert.Contains("cannot listen", problem.Message, StringComparison.Ordinal);
        Assert.Throws<EdgeException>(() => Daemon.CheckModels(config with { Streams = [config.Streams[0] with { Model = "/nothing" }] }));
        Assert.Contains("state directory", (await Assert.ThrowsAsync<EdgeException>(() => RunningDaemon.StartAsync(config with { Sinks = [new SinkConfig { Kind = "mqtt", Url = "mqtt://localhost" }] }))).Message, StringComparison.Ordinal);
    }

    internal static ServeConfig Config(TemporaryFolder folder) => new()
    {
        Web = new WebConfig { Listen = $"127.0.0.1:{TestSetting.FreePort()}" },
        Streams =
        [
            new StreamConfig { Name = "door", Source = "synthetic://camera?width=64&height=48&fps=20", Model = TestModels.Write(folder.Path("door.edge")), Threads = 1 },
            new StreamConfig { Name = "heart", Source = "synthetic://ecg?hr=90" },
        ],
    };

    private static string Receive(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)) + "\n";
    }
}

/// <summary>A daemon that runs until it is disposed.</summary>
internal sealed class RunningDaemon : IAsyncDisposable
{
    private readonly Daemon _daemon;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    private RunningDaemon(Daemon daemon, TaskCompletionSource<string> started, CancellationTokenSource stop, Task run)
    {
        _daemon = daemon;
        _stop = stop;
        _run = run;
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        Http = new HttpClient(handler) { BaseAddress = new Uri(started.Task.Result), Timeout = TestSetting.Patience };
    }

    public HttpClient Http { get; }

    public Daemon Daemon => _daemon;

    public static async Task<RunningDaemon> StartAsync(ServeConfig config, Func<ServeConfig>? reload = null, SystemdNotifier? notifier = null, TimeSpan? hang = null)
    {
        var started = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var daemon = new Daemon(new ServeOptions
        {
            Config = config,
            Codec = new TestCodec(),
            StandardOutput = () => Stream.Null,
            Reload = reload,
            Started = started.SetResult,
            Notifier = notifier,
            HangLimit = hang ?? TimeSpan.FromSeconds(60),
        });
        var stop = new CancellationTokenSource();
        Task run = Task.Run(() => daemon.RunAsync(stop.Token));
        if (await Task.WhenAny(started.Task, run) == run)
        {
            daemon.Dispose();
            await run;
        }
        return new RunningDaemon(daemon, started, stop, run);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(path);

    public Task<HttpResponseMessage> PostAsync(string path) => Http.PostAsync(path, null);

    public async Task<string> TextAsync(string path) => await (await Http.GetAsync(path)).Content.ReadAsStringAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.WaitAsync(TestSetting.Patience);
        _daemon.Dispose();
        Http.Dispose();
        _stop.Dispose();
    }
}
