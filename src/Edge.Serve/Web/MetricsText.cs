using System.Globalization;
using System.Text;
using Edge.Runtime.Streaming;
using Edge.Serve.Hosting;
using Edge.Serve.Sinks;

namespace Edge.Serve.Web;

/// <summary>The counters in the text format of Prometheus, version 0.0.4. Names are stable.</summary>
internal static class MetricsText
{
    public static string Write(Pipeline pipeline, Health health, LiveHub hub)
    {
        var text = new StringBuilder();
        IReadOnlyList<LiveStream> streams = pipeline.Streams;
        OfStreams(text, "edge_stream_produced_total", "counter", "Frames and samples that the source gave.", streams, s => s.Counters.Produced);
        OfStreams(text, "edge_stream_processed_total", "counter", "Frames and samples that were looked at.", streams, s => s.Counters.Processed);
        OfStreams(text, "edge_stream_skipped_total", "counter", "Frames for which a newer one came first.", streams, s => s.Counters.Skipped);
        OfStreams(text, "edge_stream_failed_total", "counter", "Frames that could not be used.", streams, s => s.Counters.Failed);
        OfStreams(text, "edge_stream_missing_total", "counter", "Samples that are missing.", streams, s => s.Counters.Missing);
        OfStreams(text, "edge_stream_reconnects_total", "counter", "Times that the source was opened again.", streams, s => s.Counters.Reconnects);
        OfStreams(text, "edge_stream_results_total", "counter", "Results.", streams, s => s.Counters.Results);
        OfStreams(text, "edge_stream_live", "gauge", "Whether the source is live.", streams, s => s.State == SourceState.Live ? 1 : 0);
        OfStreams(text, "edge_model_rejected_total", "counter", "Models that were refused or rolled back.", streams.Where(s => s.Model is not null), s => s.Model!.Rejected);
        Times(text, "edge_inference_seconds", "Time of an inference.", streams, s => s.Inference);
        Times(text, "edge_result_age_seconds", "Time from taking a frame or sample to its result.", streams, s => s.Age);
        OfSinks(text, "edge_sink_written_total", "counter", "Results that were written.", pipeline.Sinks, s => s.Written);
        OfSinks(text, "edge_sink_waiting", "gauge", "Results that wait.", pipeline.Sinks, s => s.Waiting);
        OfSinks(text, "edge_sink_dropped_total", "counter", "Results that got lost.", pipeline.Sinks, s => s.Dropped);
        Single(text, "edge_page_clients", "gauge", "Pages that are open.", hub.Clients);
        Single(text, "edge_page_dropped_total", "counter", "Events that slow pages lost.", hub.Dropped);
        Single(text, "edge_memory_bytes", "gauge", "Resident memory.", Environment.WorkingSet);
        GCMemoryInfo heap = GC.GetGCMemoryInfo();
        Single(text, "edge_heap_bytes", "gauge", "Managed memory after the last collection.", heap.HeapSizeBytes);
        Single(text, "edge_heap_committed_bytes", "gauge", "Memory that the managed heap holds.", heap.TotalCommittedBytes);
        Single(text, "edge_heap_pause_seconds_total", "counter", "Time in which everything waited for a collection of the managed heap.", GC.GetTotalPauseDuration().TotalSeconds);
        Single(text, "edge_alive", "gauge", "Whether no stage hangs.", health.Alive ? 1 : 0);
        Single(text, "edge_ready", "gauge", "Whether every source is live.", health.Ready ? 1 : 0);
        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void OfStreams(StringBuilder text, string name, string type, string help, IEnumerable<LiveStream> streams, Func<LiveStream, long> value)
    {
        Head(text, name, type, help);
        foreach (LiveStream stream in streams)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{stream=\"{stream.Name}\"}} {value(stream)}\n");
        }
    }

    private static void OfSinks(StringBuilder text, string name, string type, string help, IEnumerable<ResultSink> sinks, Func<ResultSink, long> value)
    {
        Head(text, name, type, help);
        foreach (ResultSink sink in sinks)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{sink=\"{sink.Name}\"}} {value(sink)}\n");
        }
    }

    private static void Times(StringBuilder text, string name, string help, IEnumerable<LiveStream> streams, Func<LiveStream, LatencyHistogram> times)
    {
        Head(text, name, "summary", help);
        foreach (LiveStream stream in streams)
        {
            LatencyHistogram histogram = times(stream);
            foreach (double part in new[] { 0.5, 0.9, 0.99 })
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{stream=\"{stream.Name}\",quantile=\"{part}\"}} {histogram.Quantile(part) / 1000}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{stream=\"{stream.Name}\"}} {histogram.Sum / 1000}\n{name}_count{{stream=\"{stream.Name}\"}} {histogram.Count}\n");
        }
    }
}
