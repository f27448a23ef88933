using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Serve.Configuration;

/// <summary>What the daemon does, as its JSON file says. Unknown fields are refused; <c>edge serve --schema</c> prints the schema.</summary>
public sealed record ServeConfig
{
    [Description("Folder for the outbox and the lock; STATE_DIRECTORY where it is not given, else no state is kept.")]
    public string? StateDirectory { get; init; }

    [Description("The live page, metrics and health.")]
    public WebConfig Web { get; init; } = new();

    [Description("The local client protocol; absent = off.")]
    public ClientsConfig? Clients { get; init; }

    [Description("Cameras and ECGs, at least one.")]
    public StreamConfig[] Streams { get; init; } = [];

    [Description("Where results go.")]
    public SinkConfig[] Sinks { get; init; } = [];
}

public sealed record WebConfig
{
    [Description("HOST:PORT. Other hosts than loopback need a token and a certificate. Empty = no page.")]
    public string Listen { get; init; } = "127.0.0.1:8787";

    [Description("File with the token that requests carry as 'Authorization: Bearer TOKEN', or as ?token=TOKEN for the page.")]
    public string? TokenFile { get; init; }

    [Description("Certificate for TLS, PEM.")]
    public string? Certificate { get; init; }

    [Description("Its private key, PEM.")]
    public string? Key { get; init; }

    [Description("Host names under which the page may be asked for, beside localhost and the listening address.")]
    public string[] Hosts { get; init; } = [];
}

public sealed record ClientsConfig
{
    [Description("unix:PATH, or HOST:PORT on loopback.")]
    public string Listen { get; init; } = "";

    [Description("Model that clients' inputs go through.")]
    public string Model { get; init; } = "";

    [Description("Threads per inference; 0 = one per core.")]
    public int Threads { get; init; }
}

public sealed record StreamConfig
{
    [Description("Letters, digits, - and _.")]
    public string Name { get; init; } = "";

    [Description("Where samples or frames come from: v4l2:///dev/video0, exec:rpicam-vid ..., file:///videos, synthetic://camera; wfdb:///data/100, i2c://1/0x48?chip=ads1115, spi://0.0?chip=max30003, serial:///dev/ttyUSB0, synthetic://ecg.")]
    public string Source { get; init; } = "";

    [Description("The .edge file, with its preprocessing; absent = frames are only shown, beats only detected.")]
    public string? Model { get; init; }

    [Description("Threads per inference; 0 = one per core.")]
    public int Threads { get; init; }

    [Description("Times real time, for recordings and synthetic sources; 0 = as fast as possible.")]
    public double Speed { get; init; } = 1;

    [Description("Channel of an ECG source.")]
    public int Channel { get; init; }

    [Description("Most classes of a result.")]
    public int Top { get; init; } = 5;

    [Description("Classes with a smaller probability are left out.")]
    public float LeastProbability { get; init; }

    [Description("For detectors: how to read the outputs.")]
    public BoxesConfig? Boxes { get; init; }

    [Description("For detectors: a second model that classifies each box.")]
    public string? Cascade { get; init; }

    [Description("Events to be made out of results.")]
    public EventConfig[] Events { get; init; } = [];

    [Description("Seconds before a lost source is opened again: first and longest pause.")]
    public double[] Backoff { get; init; } = [1, 30];
}

public sealed record BoxesConfig
{
    [Description("corners (SSD, UltraFace) or yolox.")]
    public string Layout { get; init; } = "corners";

    [Description("Least score, 0 to 1.")]
    public float Threshold { get; init; } = 0.5f;

    [Description("Boxes of one class that overlap more with a better one are left out, 0 to 1.")]
    public float Overlap { get; init; } = 0.45f;

    [Description("Most boxes of a frame.")]
    public int Most { get; init; } = 100;
}

public sealed record EventConfig
{
    public string Name { get; init; } = "";

    [Description("Label of the class, or its index.")]
    public string Label { get; init; } = "";

    [Description("Least score, 0 to 1.")]
    public float Threshold { get; init; } = 0.5f;

    [Description("It begins after so many results in a row.")]
    public int On { get; init; } = 3;

    [Description("It ends after so many results in a row without it.")]
    public int Off { get; init; } = 3;
}

public sealed record SinkConfig
{
    [Description("jsonl, recording, webhook or mqtt.")]
    public string Kind { get; init; } = "";

    [Description("Names of the streams; empty = all.")]
    public string[] Streams { get; init; } = [];

    [Description("Kinds of results: classes, boxes, beat, rhythm, quality, event, source, model; empty = all.")]
    public string[] Results { get; init; } = [];

    [Description("jsonl: file that is appended to, or - for standard output. recording: folder.")]
    public string? Path { get; init; }

    [Description("webhook: http or https address. mqtt: mqtt://HOST:PORT or mqtts://HOST:PORT.")]
    public string? Url { get; init; }

    [Description("mqtt: first part of the topics.")]
    public string Topic { get; init; } = "edge";

    [Description("mqtt: client name; by default edge- and the host's name.")]
    public string? Client { get; init; }

    [Description("mqtt: user name.")]
    public string? User { get; init; }

    [Description("mqtt: file with the password. webhook: file with a bearer token.")]
    public string? SecretFile { get; init; }

    [Description("mqtt: file with the certificates that may have signed the broker's, PEM; by default the system's.")]
    public string? Authority { get; init; }

    [Description("mqtt: announce the streams to Home Assistant under this prefix; empty = no.")]
    public string Discovery { get; init; } = "";

    [Description("mqtt, webhook: most bytes of the outbox on disk.")]
    public long OutboxBytes { get; init; } = 64 << 20;
}

/// <summary>The configuration as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ServeConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
