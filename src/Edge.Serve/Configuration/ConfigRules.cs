using System.Net;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;

namespace Edge.Serve.Configuration;

/// <summary>The rules of the configuration that its types do not say.</summary>
internal static class ConfigRules
{
    public static readonly string[] ResultKinds = ["classes", "boxes", "beat", "rhythm", "quality", "event", "source", "model"];

    private static readonly string[] SinkKinds = ["jsonl", "recording", "webhook", "mqtt"];

    /// <summary>Everything that is wrong, with its place.</summary>
    public static IEnumerable<string> Problems(ServeConfig config)
    {
        IEnumerable<string> problems = Web(config.Web);
        if (config.Streams.Length == 0 && config.Clients is null)
        {
            problems = problems.Append("streams: there are none");
        }
        problems = problems.Concat(config.Streams.SelectMany((s, i) => Stream(s).Select(p => $"streams[{i}]: {p}")));
        problems = problems.Concat(config.Streams.GroupBy(s => s.Name).Where(g => g.Count() > 1).Select(g => $"streams: {g.Count()} are named '{g.Key}'"));
        problems = problems.Concat(config.Sinks.SelectMany((s, i) => Sink(s, config).Select(p => $"sinks[{i}]: {p}")));
        problems = problems.Concat(config.Telemetry is { } telemetry ? Telemetry(telemetry) : []);
        return config.Clients is { } clients ? problems.Concat(Clients(clients)) : problems;
    }

    /// <summary>Whether an address is reachable only from this machine.</summary>
    public static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Host and port of HOST:PORT.</summary>
    public static (string Host, int Port)? Endpoint(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text[(colon + 1)..], out ushort port) ? (text[..colon], port) : null;
    }

    private static IEnumerable<string> Web(WebConfig web)
    {
        if (web.Listen.Length == 0)
        {
            yield break;
        }
        if (Endpoint(web.Listen) is not { } endpoint || (endpoint.Host != "localhost" && !IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out _)))
        {
            yield return $"web.listen is '{web.Listen}', expected ADDRESS:PORT";
            yield break;
        }
        if ((web.Certificate is null) != (web.Key is null))
        {
            yield return "web: certificate and key belong together";
        }
        if (!IsLoopback(endpoint.Host) && (web.TokenFile is null || web.Certificate is null))
        {
            yield return $"web.listen is '{web.Listen}', which others can reach: token_file, certificate and key are needed";
        }
    }

    private static IEnumerable<string> Telemetry(TelemetryConfig telemetry)
    {
        if (!Uri.TryCreate(telemetry.Endpoint, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            yield return $"telemetry.endpoint is '{telemetry.Endpoint}', expected http://HOST:PORT or https://HOST:PORT";
        }
        if (!(telemetry.Seconds is >= 0.1 and <= 3600))
        {
            yield return $"telemetry.seconds is {telemetry.Seconds}, expected 0.1 to 3600";
        }
    }

    private static IEnumerable<string> Clients(ClientsConfig clients)
    {
        if (!clients.Listen.StartsWith("unix:", StringComparison.Ordinal) && (Endpoint(clients.Listen) is not { } endpoint || !IsLoopback(endpoint.Host)))
        {
            yield return $"clients.listen is '{clients.Listen}', expected unix:PATH or a loopback ADDRESS:PORT";
        }
        if (clients.Model.Length == 0)
        {
            yield return "clients.model is missing";
        }
    }

    private static IEnumerable<string> Stream(StreamConfig stream)
    {
        if (stream.Name.Length == 0 || !stream.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            yield return $"the name is '{stream.Name}', expected letters, digits, - and _";
        }
        string? source = SourceProblem(stream.Source, out bool isCamera);
        if (source is not null)
        {
            yield return source;
        }
        if (stream.Boxes is { } boxes && (boxes.Layout is not ("corners" or "yolox") || boxes.Threshold is not (> 0 and <= 1) || boxes.Overlap is not (>= 0 and <= 1) || boxes.Most is < 1 or > 10_000))
        {
            yield return $"boxes: layout is '{boxes.Layout}' (corners or yolox), threshold {boxes.Threshold} (more than 0 to 1), overlap {boxes.Overlap} (0 to 1), most {boxes.Most} (1 to 10000)";
        }
        if (stream.Cascade is not null && stream.Boxes is null)
        {
            yield return "cascade needs boxes";
        }
        if (!isCamera && (stream.Boxes is not null || stream.Cascade is not null))
        {
            yield return "boxes and cascade belong to cameras";
        }
        if (stream.Model is null && (stream.Boxes is not null || stream.Events.Length > 0))
        {
            yield return "boxes and events need a model";
        }
        if (!(stream.Speed is >= 0 and <= 10_000) || stream.Top is < 1 or > 1000 || stream.Threads is < 0 or > 256 || !(stream.LeastProbability is >= 0 and <= 1))
        {
            yield return $"speed is {stream.Speed} (0 to 10000), top {stream.Top} (1 to 1000), threads {stream.Threads} (0 to 256), least_probability {stream.LeastProbability} (0 to 1)";
        }
        if (stream.Hops is not ("auto" or "always" or "never"))
        {
            yield return $"hops is '{stream.Hops}', expected auto, always or never";
        }
        if (stream.Backoff is not [> 0 and <= 3600, > 0 and <= 3600] || stream.Backoff[0] > stream.Backoff[1])
        {
            yield return $"backoff is [{string.Join(", ", stream.Backoff)}], expected the first and the longest pause in seconds";
        }
        if (LearningProblem(stream) is { } problem)
        {
            yield return problem;
        }
        foreach (EventConfig rule in stream.Events.Where(e => e.Name.Length == 0 || e.Label.Length == 0 || e.On < 1 || e.Off < 1 || !(e.Threshold is > 0 and <= 1)))
        {
            yield return $"event '{rule.Name}': name, label, on and off (1 or more) and threshold (more than 0 to 1) are needed";
        }
    }

    private static string? LearningProblem(StreamConfig stream) => stream.Learning is not { } l ? null
        : stream.Model is null || stream.Boxes is not null ? "learning needs a model that classifies"
        : !(l.Rate > 0 && float.IsFinite(l.Rate)) || l.Batch is < 1 or > 1024 || l.StepsPerSample is < 0 or > 10_000 || l.SamplesPerClass is < 2 or > 100_000 || l.HoldoutEvery is < 2 or > 100 || l.MostBytes < 1
            ? $"learning: rate is {l.Rate} (more than 0), batch {l.Batch} (1 to 1024), steps_per_sample {l.StepsPerSample} (0 to 10000), samples_per_class {l.SamplesPerClass} (2 to 100000), holdout_every {l.HoldoutEvery} (2 to 100), most_bytes {l.MostBytes} (1 or more)"
        : null;

    private static string? SourceProblem(string text, out bool isCamera)
    {
        isCamera = false;
        try
        {
            SourceAddress address = SourceAddress.Parse(text);
            isCamera = ImageSources.Knows(address);
            return isCamera || SignalSources.Knows(address) ? null : $"source is '{text}': there is no such source";
        }
        catch (EdgeException exception)
        {
            return $"source: {exception.Problem}";
        }
    }

    private static IEnumerable<string> Sink(SinkConfig sink, ServeConfig config)
    {
        if (!SinkKinds.Contains(sink.Kind))
        {
            yield return $"kind is '{sink.Kind}', expected {string.Join(", ", SinkKinds)}";
            yield break;
        }
        foreach (string name in sink.Streams.Where(n => !config.Streams.Any(s => s.Name == n)))
        {
            yield return $"there is no stream '{name}'";
        }
        foreach (string kind in sink.Results.Where(k => !ResultKinds.Contains(k)))
        {
            yield return $"there are no results '{kind}', only {string.Join(", ", ResultKinds)}";
        }
        if (sink.Kind is "jsonl" or "recording" && string.IsNullOrEmpty(sink.Path))
        {
            yield return "path is missing";
        }
        if (sink.Format is not ("wfdb" or "edf"))
        {
            yield return $"format is '{sink.Format}', expected wfdb or edf";
        }
        string[] schemes = sink.Kind == "webhook" ? ["http", "https"] : ["mqtt", "mqtts"];
        if (sink.Kind is "webhook" or "mqtt" && !(Uri.TryCreate(sink.Url, UriKind.Absolute, out Uri? url) && schemes.Contains(url.Scheme) && url.Host.Length > 0))
        {
            yield return $"url is '{sink.Url}', expected {string.Join(" or ", schemes.Select(s => s + "://HOST"))}";
        }
        if (sink.Kind == "mqtt" && (sink.Topic.Length == 0 || sink.Topic.AsSpan().ContainsAny('+', '#')))
        {
            yield return $"topic is '{sink.Topic}', expected a name without + and #";
        }
        if (sink.OutboxBytes is < 1 << 16 or > 1L << 40)
        {
            yield return $"outbox_bytes is {sink.OutboxBytes}, expected {1 << 16} or more";
        }
    }
}
