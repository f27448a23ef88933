using System.Globalization;
using System.Text.Json;
using Edge.Runtime.Execution;
using Edge.Runtime.Planning;
using Edge.Runtime.Sensors;
using Edge.Runtime.Streaming;
using Edge.Serve.Hosting;
using Edge.Serve.Sinks;

namespace Edge.Serve.Web;

/// <summary>The state of the daemon as JSON, for the page and <c>/status</c>.</summary>
internal static class StatusReport
{
    private const int MostLayers = 12;

    public static byte[] Write(Pipeline pipeline, Health health, LiveHub hub)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteBoolean("alive", health.Alive);
            json.WriteBoolean("ready", health.Ready);
            json.WriteString("health", health.Summary);
            json.WriteNumber("memory_bytes", Environment.WorkingSet);
            GCMemoryInfo heap = GC.GetGCMemoryInfo();
            json.WriteNumber("heap_bytes", heap.HeapSizeBytes);
            json.WriteNumber("heap_committed_bytes", heap.TotalCommittedBytes);
            json.WriteNumber("heap_collections", GC.CollectionCount(0));
            json.WriteNumber("heap_pause_ms", Math.Round(GC.GetTotalPauseDuration().TotalMilliseconds, 1));
            if (MachineState.Temperature() is { } celsius)
            {
                json.WriteNumber("temperature_celsius", celsius);
            }
            json.WriteNumber("page_clients", hub.Clients);
            json.WriteNumber("page_dropped", hub.Dropped);
            json.WriteStartArray("streams");
            foreach (LiveStream stream in pipeline.Streams)
            {
                WriteStream(json, stream);
            }
            json.WriteEndArray();
            json.WriteStartArray("sinks");
            foreach (ResultSink sink in pipeline.Sinks)
            {
                WriteSink(json, sink);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static void WriteStream(Utf8JsonWriter json, LiveStream stream)
    {
        json.WriteStartObject();
        json.WriteString("name", stream.Name);
        json.WriteString("kind", stream is EcgStream ? "ecg" : "camera");
        json.WriteString("state", stream.State.ToString().ToLowerInvariant());
        json.WriteString("problem", stream.Problem);
        json.WriteNumber("produced", stream.Counters.Produced);
        json.WriteNumber("processed", stream.Counters.Processed);
        json.WriteNumber("skipped", stream.Counters.Skipped);
        json.WriteNumber("failed", stream.Counters.Failed);
        json.WriteNumber("missing", stream.Counters.Missing);
        json.WriteNumber("reconnects", stream.Counters.Reconnects);
        WriteTimes(json, "inference_ms", stream.Inference);
        WriteTimes(json, "age_ms", stream.Age);
        if (stream is EcgStream ecg)
        {
            json.WriteNumber("sample_rate", ecg.SampleRate);
            json.WriteNumber("detector_seconds", ecg.DetectorSeconds);
            json.WriteNumber("dropped", ecg.Dropped);
            if (ecg.HeartRate is { } rate)
            {
                json.WriteNumber("heart_rate", Math.Round(rate, 1));
            }
            json.WriteStartArray("quality");
            foreach (string word in QualityWords.Of(ecg.Quality))
            {
                json.WriteStringValue(word);
            }
            json.WriteEndArray();
        }
        if (stream.Model is { } slot)
        {
            WriteModel(json, slot.Current);
        }
        json.WriteEndObject();
    }

    private static void WriteTimes(Utf8JsonWriter json, string name, LatencyHistogram times)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", times.Count);
        json.WriteNumber("p50", Math.Round(times.Quantile(0.5), 3));
        json.WriteNumber("p99", Math.Round(times.Quantile(0.99), 3));
        json.WriteNumber("max", Math.Round(times.Most, 3));
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, ModelInstance model)
    {
        json.WriteStartObject("model");
        json.WriteString("hash", model.Hash);
        json.WriteString("file", Path.GetFileName(model.Path));
        json.WriteNumber("median_ms", Math.Round(model.MedianMs, 3));
        json.WriteBoolean("by_hops", model.Hops is not null);
        json.WriteString("runs_by", model.HopChoice);
        json.WriteNumber("feature_map_bytes", model.FeatureMapBytes);
        if (model.Profiler is { } profiler)
        {
            json.WriteStartArray("layers");
            IReadOnlyList<PlanStep> steps = profiler.Plan.Steps;
            foreach ((PlanStep step, double ms) in steps.Select((s, i) => (s, profiler.Median(i))).OrderByDescending(s => s.Item2).Take(MostLayers))
            {
                json.WriteStartObject();
                json.WriteString("name", step.Node.Name.Length > 0 ? step.Node.Name : step.Node.Operator.Kind);
                json.WriteNumber("ms", Math.Round(ms, 4));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteSink(Utf8JsonWriter json, ResultSink sink)
    {
        json.WriteStartObject();
        json.WriteString("name", sink.Name);
        json.WriteNumber("written", sink.Written);
        json.WriteNumber("waiting", sink.Waiting);
        json.WriteNumber("dropped", sink.Dropped);
        json.WriteString("problem", sink.Problem ?? (sink as OutboxSink)?.Delivery);
        json.WriteEndObject();
    }
}
