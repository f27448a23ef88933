using Edge.Runtime.Sensors;
using Edge.Serve.Configuration;

namespace Edge.Serve.Hosting;

/// <summary>What the program gives the daemon.</summary>
public sealed record ServeOptions
{
    public required ServeConfig Config { get; init; }

    public required IImageCodec Codec { get; init; }

    /// <summary>Reads the configuration again; null = it cannot be reloaded.</summary>
    public Func<ServeConfig>? Reload { get; init; }

    /// <summary>For sinks that write to standard output.</summary>
    public required Func<Stream> StandardOutput { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Logs as lines of JSON, else as text.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>A stage that works on one piece for longer counts as hung.</summary>
    public TimeSpan HangLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called with the address of the live page once it is there.</summary>
    public Action<string>? Started { get; init; }

    /// <summary>Whom to tell how the daemon is; null = systemd, by the environment.</summary>
    internal SystemdNotifier? Notifier { get; init; }
}
