using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Serve.Configuration;

/// <summary>
/// What the daemon does, as its JSON file says. Unknown fields are refused; <c>edge serve --schema</c> prints the schema. Properties can be
/// set, because the generated reader gives those that can only be initialized no default.
/// </summary>
public sealed record ServeConfig
{
    [Description("Folder for the outbox and the lock; STATE_DIRECTORY where it is not given, else no state is kept.")]
    public string? StateDirectory { get; set; }

    [Description("The live page, metrics and health.")]
    public WebConfig Web { get; set; } = new();

    [Description("The local client protocol; absent = off.")]
    public ClientsConfig? Clients { get; set; }

    [Description("Metrics to an OpenTelemetry collector; absent = off. The page's /metrics is there without it.")]
    public TelemetryConfig? Telemetry { get; set; }

    [Description("Cameras and ECGs, at least one.")]
    public StreamConfig[] Streams { get; set; } = [];

    [Description("Where results go.")]
    public SinkConfig[] Sinks { get; set; } = [];
}

public sealed record WebConfig
{
    [Description("HOST:PORT. Other hosts than loopback need a token and a certificate. Empty = no page.")]
    public string Listen { get; set; } = "127.0.0.1:8787";

    [Description("File with the token that requests carry as 'Authorization: Bearer TOKEN', or as ?token=TOKEN for the page.")]
    public string? TokenFile { get; set; }

    [Description("Certificate for TLS, PEM.")]
    public string? Certificate { get; set; }

    [Description("Its private key, PEM.")]
    public string? Key { get; set; }

    [Description("Host names under which the page may be asked for, beside localhost and the listening address.")]
    public string[] Hosts { get; set; } = [];
}

public sealed record ClientsConfig
{
    [Description("unix:PATH, or HOST:PORT on loopback.")]
    public string Listen { get; set; } = "";

    [Description("Model that clients' inputs go through.")]
    public string Model { get; set; } = "";

    [Description("Threads per inference; 0 = one per core.")]
    public int Threads { get; set; }
}

public sealed record TelemetryConfig
{
    [Description("Address of the collector's OTLP receiver for HTTP, such as http://collector:4318; /v1/metrics is added.")]
    public string Endpoint { get; set; } = "";

    [Description("Seconds from post to post.")]
    public double Seconds { get; set; } = 10;

    [Description("File with a bearer token.")]
    public string? SecretFile { get; set; }
}

public sealed record StreamConfig
{
    [Description("Letters, digits, - and _.")]
    public string Name { get; set; } = "";

    [Description("Where samples or frames come from: v4l2:///dev/video0, exec:rpicam-vid ..., file:///videos, synthetic://camera; wfdb:///data/100, i2c://1/0x48?chip=ads1115, spi://0.0?chip=max30003, serial:///dev/ttyUSB0, synthetic://ecg.")]
    public string Source { get; set; } = "";

    [Description("The .edge file, with its preprocessing; absent = frames are only shown, beats only detected.")]
    public string? Model { get; set; }

    [Description("Threads per inference; 0 = one per core.")]
    public int Threads { get; set; }

    [Description("Times real time, for recordings and synthetic sources; 0 = as fast as possible.")]
    public double Speed { get; set; } = 1;

    [Description("Channel of an ECG source.")]
    public int Channel { get; set; }

    [Description("For models on ECG windows that overlap: compute only what is new; auto = where that is faster, always, never.")]
    public string Hops { get; set; } = "auto";

    [Description("Most classes of a result.")]
    public int Top { get; set; } = 5;

    [Description("Classes with a smaller probability are left out.")]
    public float LeastProbability { get; set; }

    [Description("For detectors: how to read the outputs.")]
    public BoxesConfig? Boxes { get; set; }

    [Description("For detectors: a second model that classifies each box.")]
    public string? Cascade { get; set; }

    [Description("Learning from labels that come in while the stream runs; absent = off.")]
    public LearningConfig? Learning { get; set; }

    [Description("Events to be made out of results.")]
    public EventConfig[] Events { get; set; } = [];

    [Description("Seconds before a lost source is opened again: first and longest pause.")]
    public double[] Backoff { get; set; } = [1, 30];
}

public sealed record BoxesConfig
{
    [Description("corners (SSD, UltraFace) or yolox.")]
    public string Layout { get; set; } = "corners";

    [Description("Least score, 0 to 1.")]
    public float Threshold { get; set; } = 0.5f;

    [Description("Boxes of one class that overlap more with a better one are left out, 0 to 1.")]
    public float Overlap { get; set; } = 0.45f;

    [Description("Most boxes of a frame.")]
    public int Most { get; set; } = 100;
}

public sealed record LearningConfig
{
    [Description("What is trained: last:K, all, or names of layers.")]
    public string Layers { get; set; } = "last:1";

    [Description("Learning rate, more than 0.")]
    public float Rate { get; set; } = 1e-3f;

    [Description("Samples of a step, 1 to 1024: the next inference may wait for one step.")]
    public int Batch { get; set; } = 16;

    [Description("Steps that each new sample gives rise to, 0 to 10000.")]
    public int StepsPerSample { get; set; } = 20;

    [Description("Samples that are kept of each class, 2 to 100000.")]
    public int SamplesPerClass { get; set; } = 200;

    [Description("Every so-many-th sample of a class is held out to judge by, 2 to 100.")]
    public int HoldoutEvery { get; set; } = 5;

    [Description("Most bytes that learning may take.")]
    public long MostBytes { get; set; } = 64 << 20;
}

public sealed record EventConfig
{
    public string Name { get; set; } = "";

    [Description("Label of the class, or its index.")]
    public string Label { get; set; } = "";

    [Description("Least score, 0 to 1.")]
    public float Threshold { get; set; } = 0.5f;

    [Description("It begins after so many results in a row.")]
    public int On { get; set; } = 3;

    [Description("It ends after so many results in a row without it.")]
    public int Off { get; set; } = 3;
}

public sealed record SinkConfig
{
    [Description("jsonl, recording, webhook or mqtt.")]
    public string Kind { get; set; } = "";

    [Description("Names of the streams; empty = all.")]
    public string[] Streams { get; set; } = [];

    [Description("Kinds of results: classes, boxes, beat, rhythm, quality, event, source, model; empty = all.")]
    public string[] Results { get; set; } = [];

    [Description("jsonl: file that is appended to, or - for standard output. recording: folder.")]
    public string? Path { get; set; }

    [Description("webhook: http or https address. mqtt: mqtt://HOST:PORT or mqtts://HOST:PORT.")]
    public string? Url { get; set; }

    [Description("recording: wfdb (.dat, .hea, .qrs) or edf (EDF+ with annotations).")]
    public string Format { get; set; } = "wfdb";

    [Description("mqtt: first part of the topics.")]
    public string Topic { get; set; } = "edge";

    [Description("mqtt: client name; by default edge- and the host's name.")]
    public string? Client { get; set; }

    [Description("mqtt: user name.")]
    public string? User { get; set; }

    [Description("mqtt: file with the password. webhook: file with a bearer token.")]
    public string? SecretFile { get; set; }

    [Description("mqtt: file with the certificates that may have signed the broker's, PEM; by default the system's.")]
    public string? Authority { get; set; }

    [Description("mqtt: announce the streams to Home Assistant under this prefix; empty = no.")]
    public string Discovery { get; set; } = "";

    [Description("mqtt, webhook: most bytes of the outbox on disk.")]
    public long OutboxBytes { get; set; } = 64 << 20;
}

/// <summary>The configuration as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ServeConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
