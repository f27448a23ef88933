using System.Runtime.InteropServices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Protocol;
using Edge.Serve.Storage;
using Edge.Serve.Web;
using Microsoft.Extensions.Logging;

namespace Edge.Serve.Hosting;

/// <summary>
/// The daemon: one pipeline, the live page, the client protocol, and what an operator expects. SIGTERM and SIGINT end it after what is under
/// way is finished; SIGHUP reads the configuration again, and a bad one is refused while the old one goes on.
/// </summary>
public sealed class Daemon : IDisposable
{
    private readonly ServeOptions _options;
    private readonly object _lock = new();
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly SystemdNotifier _notifier;
    private readonly StateDirectory? _state;
    private readonly LiveHub _hub;
    private readonly DaemonMeters _meters;
    private Pipeline _pipeline;
    private WebServer? _web;
    private ProtocolServer? _protocol;
    private readonly OtlpExporter? _telemetry;

    /// <summary>Locks the state directory and opens everything; nothing runs yet.</summary>
    /// <exception cref="EdgeException">The configuration cannot be carried out.</exception>
    public Daemon(ServeOptions options)
    {
        _options = options;
        _notifier = options.Notifier ?? SystemdNotifier.FromEnvironment();
        _logs = DaemonLog.Create(options.JsonLogs);
        _log = _logs.CreateLogger("edge");
        string? folder = options.Config.StateDirectory ?? (Knobs.StateDirectory.Value is { Length: > 0 } given ? given.Split(':')[0] : null);
        _state = folder is null ? null : new StateDirectory(folder);
        _hub = new LiveHub(options.Codec, options.Time);
        string? token;
        try
        {
            token = Pipeline.ReadSecret(options.Config.Telemetry?.SecretFile);
            _pipeline = BuildPipeline(options.Config);
            _protocol = options.Config.Clients is { } clients ? new ProtocolServer(clients, options.Codec, _logs.CreateLogger("clients")) : null;
        }
        catch
        {
            _pipeline?.Dispose();
            _state?.Dispose();
            _logs.Dispose();
            throw;
        }
        _meters = new DaemonMeters(() => Pipeline);
        _telemetry = options.Config.Telemetry is { } telemetry ? new OtlpExporter(telemetry, token, options.Time) : null;
    }

    internal Pipeline Pipeline
    {
        get
        {
            lock (_lock)
            {
                return _pipeline;
            }
        }
    }

    internal Health Health => Health.Of(Pipeline, _options.HangLimit, _web?.CertificateProblem(_options.Time.GetUtcNow()), _telemetry?.Problem);

    /// <summary>The address of the live page; null where there is none.</summary>
    public string? Address => _web?.Address;

    /// <summary>Loads the models of a configuration, only to see whether they are valid.</summary>
    /// <exception cref="EdgeException">One is not.</exception>
    public static void CheckModels(ServeConfig config) => Pipeline.CheckModels(config);

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="EdgeException">The page or the socket cannot be opened.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using PosixSignalRegistration terminate = On(PosixSignal.SIGTERM, ended.Cancel);
        using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT, ended.Cancel);
        using PosixSignalRegistration hangUp = On(PosixSignal.SIGHUP, Reload);
        if (_options.Config.Web.Listen.Length > 0)
        {
            _web = new WebServer(_options.Config.Web, this, _hub, _options.JsonLogs);
            await _web.StartAsync();
        }
        _protocol?.Start();
        Pipeline.Start();
        LogHops();
        DaemonLog.Started(_log, Pipeline.Streams.Count, Pipeline.Sinks.Count, Address ?? "no page");
        _notifier.Ready(Address ?? "running");
        if (Address is { } address)
        {
            _options.Started?.Invoke(address);
        }
        await WatchAsync(ended.Token);
        _notifier.Stopping();
        DaemonLog.Stopping(_log);
        if (_web is not null)
        {
            await _web.StopAsync();
        }
    }

    /// <summary>Reads the configuration again. A bad one is refused; one that cannot be carried out is undone.</summary>
    /// <returns>Whether the new one runs.</returns>
    internal bool TryReload()
    {
        if (_options.Reload is null)
        {
            return false;
        }
        _notifier.Reloading(_options.Time);
        bool done = false;
        try
        {
            ServeConfig config = _options.Reload();
            CheckModels(config);
            Replace(config);
            done = true;
            DaemonLog.Reloaded(_log, config.Streams.Length);
            LogHops();
        }
        catch (EdgeException exception)
        {
            DaemonLog.ReloadRefused(_log, exception.Message);
        }
        _notifier.Ready(Address ?? "running");
        return done;
    }

    /// <summary>Replaces the model of a stream while it runs.</summary>
    /// <returns>The new model's hash.</returns>
    /// <exception cref="EdgeException">There is no such stream or model, or the new one is refused.</exception>
    internal string SwapModel(string stream, string path)
    {
        ModelSlot slot = Pipeline.Streams.FirstOrDefault(s => s.Name == stream)?.Model
            ?? throw new EdgeException(EdgeError.BadOption, $"there is no stream '{stream}' with a model", $"choose one of {string.Join(", ", Pipeline.Streams.Where(s => s.Model is not null).Select(s => s.Name))}");
        try
        {
            ModelInstance offered = slot.Offer(path);
            DaemonLog.ModelOffered(_log, stream, offered.Hash);
            LogHops(stream, offered);
            return offered.Hash;
        }
        catch (EdgeException exception)
        {
            DaemonLog.ModelRefused(_log, stream, exception.Message);
            throw;
        }
    }

    /// <summary>The learner of a stream.</summary>
    /// <exception cref="EdgeException">The stream does not learn.</exception>
    internal StreamLearner Learner(string stream) => Pipeline.Learners.TryGetValue(stream, out StreamLearner? learner) ? learner
        : throw new EdgeException(EdgeError.BadOption, $"there is no stream '{stream}' that learns", Pipeline.Learners.Count > 0 ? $"choose one of {string.Join(", ", Pipeline.Learners.Keys)}" : "give a stream 'learning' in the configuration");

    public void Dispose()
    {
        _telemetry?.Dispose();
        _protocol?.Dispose();
        Pipeline.Dispose();
        _web?.Dispose();
        _hub.Dispose();
        _meters.Dispose();
        _notifier.Dispose();
        _state?.Dispose();
        _logs.Dispose();
    }

    private Pipeline BuildPipeline(ServeConfig config) => new(config, _options, _state?.Path, [_hub, new ResultLog(_log)]);

    /// <summary>Sinks and devices belong to one pipeline at a time: the old one ends before the new one is opened.</summary>
    private void Replace(ServeConfig config)
    {
        lock (_lock)
        {
            ServeConfig old = _pipeline.Config;
            _pipeline.Dispose();
            try
            {
                _pipeline = BuildPipeline(config);
            }
            catch (EdgeException)
            {
                _pipeline = BuildPipeline(old);
                _pipeline.Start();
                throw;
            }
            _pipeline.Start();
        }
    }

    private void LogHops()
    {
        foreach (LiveStream stream in Pipeline.Streams)
        {
            LogHops(stream.Name, stream.Model?.Current);
        }
    }

    private void LogHops(string stream, ModelInstance? model)
    {
        if (model?.HopChoice is { } choice)
        {
            DaemonLog.HopsChosen(_log, stream, choice);
        }
    }

    private void Reload() => Task.Run(TryReload);

    private static PosixSignalRegistration On(PosixSignal signal, Action action) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    });

    /// <summary>Says that the daemon is alive, as long as no stage hangs.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        TimeSpan every = _notifier.WatchdogEvery is { } half && half < TimeSpan.FromSeconds(1) ? half : TimeSpan.FromSeconds(1);
        bool wasAlive = true;
        var heap = new HeapKeeper(_options.Time);
        try
        {
            while (true)
            {
                await Task.Delay(every, stop);
                heap.Tend();
                Health health = Health;
                if (health.Alive)
                {
                    _notifier.Alive();
                }
                if (health.Alive != wasAlive)
                {
                    DaemonLog.AliveChanged(_log, health.Alive, health.Summary);
                    _notifier.Status(health.Summary);
                    wasAlive = health.Alive;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It was told to stop.
        }
    }
}
