using System.Security.Cryptography.X509Certificates;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Sinks;
using Edge.Serve.Storage;

namespace Edge.Serve.Hosting;

/// <summary>The streams and sinks of one configuration.</summary>
internal sealed class Pipeline : IDisposable
{
    private readonly List<LiveStream> _streams = [];
    private readonly List<ResultSink> _sinks = [];
    private readonly Dictionary<string, StreamLearner> _learners = [];

    /// <summary>Opens models, sinks, and the sources of ECGs.</summary>
    /// <param name="state">The state directory; null = none.</param>
    /// <param name="listeners">Who else wants to know.</param>
    /// <exception cref="EdgeException">Something cannot be opened; nothing is left open.</exception>
    public Pipeline(ServeConfig config, ServeOptions options, string? state, IEnumerable<IStreamListener> listeners)
    {
        Config = config;
        try
        {
            foreach (StreamConfig stream in config.Streams)
            {
                LiveStream live = Open(stream, options);
                _streams.Add(live);
                if (stream.Learning is { } learning)
                {
                    _learners[stream.Name] = new StreamLearner(learning, stream.Model!, live.Model!);
                }
            }
            for (int i = 0; i < config.Sinks.Length; i++)
            {
                _sinks.Add(Open(config.Sinks[i], $"sink {i} ({config.Sinks[i].Kind})", options, state));
            }
            foreach (IStreamListener listener in listeners.Concat(_sinks))
            {
                _streams.ForEach(s => s.Listen(listener));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ServeConfig Config { get; }

    public IReadOnlyList<LiveStream> Streams => _streams;

    public IReadOnlyList<ResultSink> Sinks => _sinks;

    /// <summary>By the name of the stream.</summary>
    public IReadOnlyDictionary<string, StreamLearner> Learners => _learners;

    /// <summary>Every thread whose progress counts.</summary>
    public IEnumerable<StageClock> Clocks => _streams.SelectMany(s => new[] { s.SourceClock, s.WorkClock }).Concat(_sinks.Select(s => s.Clock));

    /// <summary>Loads the models of a configuration, only to see whether they are valid.</summary>
    /// <exception cref="EdgeException">One is not.</exception>
    public static void CheckModels(ServeConfig config)
    {
        foreach (string path in config.Streams.SelectMany(s => new[] { s.Model, s.Cascade }).OfType<string>().Append(config.Clients?.Model ?? "").Where(p => p.Length > 0).Distinct())
        {
            ModelInstance.Load(path, 1).Dispose();
        }
    }

    public void Start()
    {
        _sinks.ForEach(s => s.Start());
        foreach (OutboxSink sink in _sinks.OfType<OutboxSink>())
        {
            sink.StartDelivery();
        }
        _streams.ForEach(s => s.Start());
    }

    /// <summary>Stops the sources, finishes what is under way, then empties the sinks.</summary>
    public void Dispose()
    {
        _streams.ForEach(s => s.Dispose());
        _sinks.ForEach(s => s.Dispose());
        foreach (StreamLearner learner in _learners.Values)
        {
            learner.Dispose();
        }
    }

    private static LiveStream Open(StreamConfig stream, ServeOptions options)
    {
        SourceAddress address = SourceAddress.Parse(stream.Source);
        var live = new LiveOptions
        {
            Name = stream.Name,
            Speed = stream.Speed,
            LeastBackoff = TimeSpan.FromSeconds(stream.Backoff[0]),
            MostBackoff = TimeSpan.FromSeconds(stream.Backoff[1]),
            Time = options.Time,
        };
        EventRule[] events = [.. stream.Events.Select(e => new EventRule(e.Name, e.Label, e.Threshold, e.On, e.Off))];
        if (!ImageSources.Knows(address))
        {
            return new EcgStream(new EcgOptions { Live = live, Open = () => SignalSources.Open(SourceAddress.Parse(stream.Source)), Channel = stream.Channel, Model = stream.Model, Top = stream.Top, Events = events, Hops = HopsOf(stream) });
        }
        return new CameraStream(new CameraOptions
        {
            Live = live,
            Open = () => ImageSources.Open(SourceAddress.Parse(stream.Source)),
            Codec = options.Codec,
            Model = stream.Model,
            Threads = stream.Threads,
            Boxes = stream.Boxes is { } b ? new BoxRules(b.Layout == "yolox" ? BoxLayout.Yolox : BoxLayout.Corners, b.Threshold, b.Overlap, b.Most) : null,
            Top = stream.Top,
            LeastProbability = stream.LeastProbability,
            Cascade = stream.Cascade,
            Events = events,
        });
    }

    private static HopUse HopsOf(StreamConfig stream) => stream.Hops switch { "always" => HopUse.Always, "never" => HopUse.Never, _ => HopUse.WhereFaster };

    private ResultSink Open(SinkConfig sink, string name, ServeOptions options, string? state) => sink.Kind switch
    {
        "jsonl" => new JsonLinesSink(sink, name, sink.Path == "-" ? options.StandardOutput : () => JsonLinesSink.OpenFile(sink.Path!)),
        "recording" => new RecordingSink(sink, name, options.Time, _streams.OfType<EcgStream>().Select(s => (s.Name, s.SampleRate))),
        "webhook" => new WebhookSink(sink, name, OpenOutbox(sink, state), options.Time, ReadSecret(sink.SecretFile)),
        _ => new MqttSink(sink, name, OpenOutbox(sink, state), options.Time, MqttSettingsOf(sink)),
    };

    private MqttSettings MqttSettingsOf(SinkConfig sink) => new(
        sink.Client ?? $"edge-{Environment.MachineName}",
        ReadSecret(sink.SecretFile),
        ReadAuthorities(sink.Authority),
        [.. _streams.Select(s => (s.Name, s is EcgStream))]);

    /// <summary>One folder per receiver, so that results wait for the receiver they were meant for.</summary>
    private static Outbox OpenOutbox(SinkConfig sink, string? state)
    {
        if (state is null)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the sink '{sink.Kind}' keeps what is not delivered yet, and there is no state directory", "set state_directory");
        }
        string receiver = $"{sink.Kind}-{sink.Url}-{sink.Topic}-{sink.Client}";
        return new Outbox(Path.Combine(state, "outbox", string.Concat(receiver.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'))), sink.OutboxBytes);
    }

    /// <exception cref="EdgeException">The file cannot be read, or is empty.</exception>
    internal static string? ReadSecret(string? path)
    {
        if (path is null)
        {
            return null;
        }
        try
        {
            string secret = File.ReadAllText(path).Trim();
            return secret.Length > 0 ? secret : throw new EdgeException(EdgeError.BadConfiguration, "the file with the secret is empty", "write the secret into it", path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the file with the secret cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }

    /// <exception cref="EdgeException">The file cannot be read, or holds no certificate.</exception>
    internal static X509Certificate2Collection? ReadAuthorities(string? path)
    {
        if (path is null)
        {
            return null;
        }
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            return authorities.Count > 0 ? authorities : throw new EdgeException(EdgeError.BadConfiguration, "the file holds no certificate", "give a PEM file with the certificates that may have signed the broker's", path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new EdgeException(EdgeError.BadConfiguration, $"the certificates cannot be read: {exception.Message}", "give a PEM file", path, exception);
        }
    }
}
