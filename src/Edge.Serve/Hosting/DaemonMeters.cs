using System.Diagnostics.Metrics;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Hosting;

/// <summary>
/// Counters of the daemon as meters of System.Diagnostics.Metrics, which OpenTelemetry and dotnet-counters read. Names and units follow the
/// semantic conventions of OpenTelemetry.
/// </summary>
internal sealed class DaemonMeters : IDisposable
{
    public const string Name = "Edge.Serve";

    private readonly Meter _meter = new(Name);

    public DaemonMeters(Func<Pipeline> pipeline)
    {
        Counter("edge.stream.produced", "{item}", "frames and samples that sources gave", pipeline, s => s.Counters.Produced);
        Counter("edge.stream.processed", "{item}", "frames and samples that were looked at", pipeline, s => s.Counters.Processed);
        Counter("edge.stream.skipped", "{item}", "frames for which a newer one came first", pipeline, s => s.Counters.Skipped);
        Counter("edge.stream.failed", "{item}", "frames that could not be used", pipeline, s => s.Counters.Failed);
        Counter("edge.stream.missing", "{item}", "samples that are missing", pipeline, s => s.Counters.Missing);
        Counter("edge.stream.reconnects", "{reconnect}", "times that a source was opened again", pipeline, s => s.Counters.Reconnects);
        _meter.CreateObservableCounter(
            "edge.sink.dropped", () => pipeline().Sinks.Select(s => new Measurement<long>(s.Dropped, new KeyValuePair<string, object?>("sink", s.Name))), "{result}", "results that got lost");
        _meter.CreateObservableGauge(
            "edge.sink.waiting", () => pipeline().Sinks.Select(s => new Measurement<long>(s.Waiting, new KeyValuePair<string, object?>("sink", s.Name))), "{result}", "results that wait");
    }

    public void Dispose() => _meter.Dispose();

    private void Counter(string name, string unit, string description, Func<Pipeline> pipeline, Func<LiveStream, long> value) => _meter.CreateObservableCounter(
        name, () => pipeline().Streams.Select(s => new Measurement<long>(value(s), new KeyValuePair<string, object?>("stream", s.Name))), unit, description);
}
