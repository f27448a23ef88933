using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;
using Microsoft.Extensions.Logging;

namespace Edge.Serve.Hosting;

/// <summary>Everything that the daemon logs, with its fields.</summary>
internal static partial class DaemonLog
{
    /// <summary>Logs go to standard error: results may go to standard output.</summary>
    public static ILoggerFactory Create(bool json) => LoggerFactory.Create(builder => Configure(builder, json));

    public static void Configure(ILoggingBuilder builder, bool json)
    {
        builder.ClearProviders();
        builder.AddFilter("Microsoft", LogLevel.Warning);
        if (json)
        {
            builder.AddJsonConsole(o => o.UseUtcTimestamp = true);
        }
        else
        {
            builder.AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.TimestampFormat = "HH:mm:ss ";
                o.UseUtcTimestamp = true;
            });
        }
        builder.AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    [LoggerMessage(1, LogLevel.Information, "started: {Streams} streams, {Sinks} sinks, {Address}")]
    public static partial void Started(ILogger log, int streams, int sinks, string address);

    [LoggerMessage(2, LogLevel.Information, "stopping: finishing what is under way")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(3, LogLevel.Information, "configuration reloaded: {Streams} streams")]
    public static partial void Reloaded(ILogger log, int streams);

    [LoggerMessage(4, LogLevel.Error, "configuration refused, the old one goes on: {Reason}")]
    public static partial void ReloadRefused(ILogger log, string reason);

    [LoggerMessage(5, LogLevel.Information, "{Stream}: model {Hash} is to take over")]
    public static partial void ModelOffered(ILogger log, string stream, string hash);

    [LoggerMessage(6, LogLevel.Error, "{Stream}: model refused: {Reason}")]
    public static partial void ModelRefused(ILogger log, string stream, string reason);

    [LoggerMessage(7, LogLevel.Warning, "alive: {Alive}; {Summary}")]
    public static partial void AliveChanged(ILogger log, bool alive, string summary);

    [LoggerMessage(8, LogLevel.Information, "{Stream}: source {State}")]
    public static partial void SourceChanged(ILogger log, string stream, string state);

    [LoggerMessage(9, LogLevel.Information, "{Stream}: model {Change}")]
    public static partial void ModelChanged(ILogger log, string stream, string change);

    [LoggerMessage(10, LogLevel.Information, "client connected")]
    public static partial void ClientConnected(ILogger log);

    [LoggerMessage(11, LogLevel.Information, "client gone: {Reason}")]
    public static partial void ClientGone(ILogger log, string reason);

    [LoggerMessage(12, LogLevel.Information, "{Stream}: the model runs by {Choice}")]
    public static partial void HopsChosen(ILogger log, string stream, string choice);
}

/// <summary>Logs what happens to sources and models.</summary>
internal sealed class ResultLog(ILogger log) : IStreamListener
{
    public void OnResult(StreamResult result)
    {
        if (result.Kind == "source")
        {
            DaemonLog.SourceChanged(log, result.Stream, result.Text ?? "");
        }
        else if (result.Kind == "model")
        {
            DaemonLog.ModelChanged(log, result.Stream, result.Text ?? "");
        }
    }

    public void OnFrame(string stream, ImageFrame frame)
    {
    }

    public void OnSamples(string stream, long position, ReadOnlySpan<float> samples)
    {
    }
}
