using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Edge.Runtime.Diagnostics;
using Edge.Serve.Configuration;
using Edge.Serve.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Edge.Serve.Web;

/// <summary>The live page, its events, metrics and health.</summary>
internal sealed class WebServer : IDisposable
{
    private static readonly TimeSpan StateEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(10);

    private readonly Daemon _daemon;
    private readonly LiveHub _hub;
    private readonly AccessRules _rules;
    private readonly WebApplication _app;
    private readonly byte[] _page;
    private readonly CancellationTokenSource _stop = new();
    private readonly WebConfig _config;
    private readonly IPEndPoint _endpoint;
    private readonly X509Certificate2? _certificate;
    private Socket? _listener;
    private Task? _states;

    /// <exception cref="EdgeException">Token or certificate cannot be read.</exception>
    public WebServer(WebConfig config, Daemon daemon, LiveHub hub, bool jsonLogs)
    {
        _daemon = daemon;
        _hub = hub;
        _config = config;
        _rules = new AccessRules(config, Pipeline.ReadSecret(config.TokenFile));
        _page = ReadPage();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        DaemonLog.Configure(builder.Logging, jsonLogs);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _certificate = ReadCertificate(config);
        (string host, int port) = ConfigRules.Endpoint(config.Listen)!.Value;
        _endpoint = new IPEndPoint(host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host.Trim('[', ']')), port);
        builder.Services.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = _ => _listener!);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            SetLimits(kestrel.Limits);
            kestrel.AddServerHeader = false;
            kestrel.Listen(_endpoint, endpoint =>
            {
                if (_certificate is not null)
                {
                    endpoint.UseHttps(_certificate);
                }
            });
        });
        if (_certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }
        _app = builder.Build();
        _app.Use(Guard);
        Map();
    }

    /// <summary>Where the page is.</summary>
    public string? Address { get; private set; }

    /// <summary>
    /// What is wrong with the dates of the page's certificate; null where nothing is. No reason to stop: a device without a clock of
    /// its own starts in the past.
    /// </summary>
    public string? CertificateProblem(DateTimeOffset now) => _certificate switch
    {
        { } c when now.UtcDateTime > c.NotAfter.ToUniversalTime() => $"the page's certificate ended on {c.NotAfter.ToUniversalTime():yyyy-MM-dd}",
        { } c when now.UtcDateTime < c.NotBefore.ToUniversalTime() => $"the page's certificate begins on {c.NotBefore.ToUniversalTime():yyyy-MM-dd}, which is after this device's clock",
        _ => null,
    };

    /// <exception cref="EdgeException">The address is in use, or is not this machine's.</exception>
    public async Task StartAsync()
    {
        try
        {
            // Bound before Kestrel starts, which would write a stack trace into the log where that fails.
            _listener = SocketTransportOptions.CreateDefaultBoundListenSocket(_endpoint);
            await _app.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the page cannot listen at {_config.Listen}: {exception.Message}", "stop the other program, or choose another web.listen", inner: exception);
        }
        Address = _app.Urls.First();
        _states = Task.Run(() => SendStatesAsync(_stop.Token));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        _hub.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
    }

    public void Dispose()
    {
        _stop.Dispose();
        ((IDisposable)_app).Dispose();
        _listener?.Dispose();
    }

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = 200;
        limits.MaxRequestBodySize = 64 << 10;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        // A page that does not read what is sent loses its connection.
        limits.MinResponseDataRate = new MinDataRate(100, TimeSpan.FromSeconds(5));
        limits.MaxResponseBufferSize = 512 << 10;
    }

    private static byte[] ReadPage()
    {
        using Stream page = typeof(WebServer).Assembly.GetManifestResourceStream("page.html")!;
        using var bytes = new MemoryStream();
        page.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static X509Certificate2? ReadCertificate(WebConfig config)
    {
        if (config.Certificate is null)
        {
            return null;
        }
        try
        {
            using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(config.Certificate, config.Key);
            // Kestrel wants a certificate whose key lies with it.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the certificate or its key cannot be read: {exception.Message}", "give PEM files", config.Certificate, exception);
        }
    }

    private static Task AnswerAsync(HttpContext context, string type, ReadOnlyMemory<byte> body, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static Task TextAsync(HttpContext context, int status, string text) =>
        AnswerAsync(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"), status);

    private void Map()
    {
        _app.MapGet("/", c =>
        {
            // The page needs nothing from elsewhere.
            c.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
            c.Response.Headers.XContentTypeOptions = "nosniff";
            return AnswerAsync(c, "text/html; charset=utf-8", _page);
        });
        _app.MapGet("/events", SendEventsAsync);
        _app.MapGet("/frame/{stream}", c => _hub.Jpeg((string)c.Request.RouteValues["stream"]!) is { } jpeg ? AnswerAsync(c, "image/jpeg", jpeg) : TextAsync(c, StatusCodes.Status404NotFound, "there is no frame"));
        _app.MapGet("/status", c => AnswerAsync(c, "application/json", StatusReport.Write(_daemon.Pipeline, _daemon.Health, _hub)));
        _app.MapGet("/metrics", c => AnswerAsync(c, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(MetricsText.Write(_daemon.Pipeline, _daemon.Health, _hub))));
        _app.MapGet("/healthz", c => HealthAsync(c, h => h.Alive));
        _app.MapGet("/readyz", c => HealthAsync(c, h => h.Ready));
        _app.MapPost("/models/{stream}", SwapAsync);
        _app.MapGet("/learn/{stream}", c => LearnAsync(c, l => l.Summary));
        _app.MapPost("/learn/{stream}", LearnAsync);
        _app.MapPost("/reload", c => _daemon.TryReload() ? TextAsync(c, StatusCodes.Status200OK, "reloaded") : TextAsync(c, StatusCodes.Status409Conflict, "the configuration was refused; the log says why"));
    }

    private Task Guard(HttpContext context, RequestDelegate next) =>
        _rules.Refusal(context.Request) is { } refusal ? TextAsync(context, refusal.Status, refusal.Reason) : next(context);

    private Task HealthAsync(HttpContext context, Func<Health, bool> isGood)
    {
        Health health = _daemon.Health;
        return TextAsync(context, isGood(health) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, health.Summary);
    }

    private async Task SwapAsync(HttpContext context)
    {
        string? path = null;
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body, new JsonDocumentOptions { MaxDepth = 8 }, context.RequestAborted);
            path = body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("path", out JsonElement value) ? value.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Answered below.
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
        {
            await TextAsync(context, exception.StatusCode, exception.Message);
            return;
        }
        if (path is null)
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, "expected {\"path\": \"MODEL.edge\"}");
            return;
        }
        try
        {
            string hash = await Task.Run(() => _daemon.SwapModel((string)context.Request.RouteValues["stream"]!, path));
            await TextAsync(context, StatusCodes.Status200OK, hash);
        }
        catch (EdgeException exception)
        {
            await TextAsync(context, StatusCodes.Status409Conflict, exception.Message);
        }
    }

    private async Task LearnAsync(HttpContext context)
    {
        LearnRequest? request = null;
        try
        {
            request = await JsonSerializer.DeserializeAsync(context.Request.Body, LearnJson.Default.LearnRequest, context.RequestAborted);
        }
        catch (JsonException)
        {
            // Answered below.
        }
        await (request is null ? TextAsync(context, StatusCodes.Status400BadRequest, LearnRequest.Expected) : LearnAsync(context, request.Apply));
    }

    private async Task LearnAsync(HttpContext context, Func<StreamLearner, string> what)
    {
        try
        {
            string answer = await Task.Run(() => what(_daemon.Learner((string)context.Request.RouteValues["stream"]!)));
            await TextAsync(context, StatusCodes.Status200OK, answer);
        }
        catch (EdgeException exception)
        {
            await TextAsync(context, StatusCodes.Status409Conflict, exception.Message);
        }
    }

    private async Task SendEventsAsync(HttpContext context)
    {
        if (_hub.Join() is not { } client)
        {
            await TextAsync(context, StatusCodes.Status503ServiceUnavailable, "too many pages are open");
            return;
        }
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await foreach (byte[] message in client.Queue.Reader.ReadAllAsync(context.RequestAborted))
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
                limit.CancelAfter(StalledAfter);
                await context.Response.Body.WriteAsync(message, limit.Token);
                await context.Response.Body.FlushAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or does not read: the connection ends.
            context.Abort();
        }
        finally
        {
            _hub.Leave(client);
        }
    }

    private async Task SendStatesAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                if (_hub.Clients > 0)
                {
                    _hub.Send("state", StatusReport.Write(_daemon.Pipeline, _daemon.Health, _hub));
                }
                await Task.Delay(StateEvery, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon stops.
        }
    }

    /// <summary>Signals belong to the daemon, not to the web server.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
