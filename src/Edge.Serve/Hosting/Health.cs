using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;
using Edge.Serve.Sinks;

namespace Edge.Serve.Hosting;

/// <summary>How the daemon is, in words.</summary>
/// <param name="Alive">No stage hangs.</param>
/// <param name="Ready">Also, every source is live, or a recording that is over.</param>
/// <param name="Problems">What is not as it should be; also what is no reason not to be ready.</param>
internal sealed record Health(bool Alive, bool Ready, string[] Problems)
{
    /// <param name="others">What is wrong with page and telemetry; null where nothing is.</param>
    public static Health Of(Pipeline pipeline, TimeSpan hangLimit, params IEnumerable<string?> others)
    {
        string[] hung = [.. pipeline.Clocks.Where(c => c.BusyFor > hangLimit).Select(c => $"{c.Name} has been busy for {c.BusyFor?.TotalSeconds:0} s")];
        string[] away = [.. pipeline.Streams.Where(s => s.State is SourceState.Lost or SourceState.Opening).Select(s => $"{s.Name}: {s.Problem ?? "the source is being opened"}")];
        IEnumerable<string> lost = pipeline.Streams.OfType<EcgStream>().Where(s => s.Dropped > 0).Select(s => $"{s.Name}: {s.Dropped} samples were dropped, the device is too slow");
        IEnumerable<string> sinks = pipeline.Sinks.Select(s => (s.Name, Problem: s.Problem ?? (s as OutboxSink)?.Delivery)).Where(s => s.Problem is not null).Select(s => $"{s.Name}: {s.Problem}");
        IEnumerable<string> dropped = pipeline.Sinks.Where(s => s.Dropped > 0).Select(s => $"{s.Name}: {s.Dropped} results were dropped");
        return new Health(hung.Length == 0, hung.Length == 0 && away.Length == 0, [.. hung, .. away, .. lost, .. sinks, .. dropped, .. others.OfType<string>()]);
    }

    /// <summary>One line.</summary>
    public string Summary => Problems.Length == 0 ? "everything works" : string.Join("; ", Problems);
}
