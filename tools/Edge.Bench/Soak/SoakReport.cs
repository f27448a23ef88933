using System.Globalization;
using System.Text.Json;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Soak;

/// <summary>A number of a soak test, and what it has to be.</summary>
internal sealed record SoakRow(string What, string Found, string Wanted, bool Holds);

/// <summary>What a soak test found, beside what has to hold.</summary>
/// <param name="slow">Frame periods that the model was made to take; 0 = a model as it is.</param>
internal sealed class SoakReport(SoakFindings soak, double minutes, double slow)
{
    private const double Period = 1000.0 / SoakOptions.FramesPerSecond;

    private readonly SoakRow[] _rows = [.. Losses(soak, minutes), .. Latencies(soak, slow), .. Resources(soak), .. Messages(soak)];

    public bool Holds => _rows.All(r => r.Holds);

    /// <summary>The report as Markdown.</summary>
    /// <param name="model">What the camera's model is, for people.</param>
    /// <param name="edge">The program: one without its .dll beside it was compiled ahead of time.</param>
    public string ToMarkdown(string model, string edge)
    {
        var text = new TextTable("| what", "| found", "| wanted", "|", "|");
        text.Add("|---", "|---", "|---", "|---", "|");
        foreach (SoakRow row in _rows)
        {
            text.Add($"| {row.What}", $"| {row.Found}", $"| {row.Wanted}", row.Holds ? "| yes" : "| **no**", "|");
        }
        string kind = File.Exists(Path.ChangeExtension(edge, ".dll")) ? "compiled while it runs (JIT)" : "native";
        return $"{Text(minutes)} minutes of `edge serve`, {kind}: a camera of 640 x 480 at {SoakOptions.FramesPerSecond} frames per second with {model}, an ECG of 360 Hz, two pages, one `/status` in 10 s:\n\n{text}\nMemory; the slope is that of the straight line through all samples, one in 10 s, after minute {Text(soak.Memory.WarmUp)}:\n\n{soak.Memory}";
    }

    private static IEnumerable<SoakRow> Losses(SoakFindings soak, double minutes)
    {
        JsonElement camera = Stream(soak, "camera");
        JsonElement heart = Stream(soak, "ecg");
        long samples = Number(heart, "produced");
        long expected = (long)(minutes * 60) * 360;
        long lost = samples - Number(heart, "processed") + Number(heart, "dropped");
        yield return new("ECG samples", Text(samples), Text(expected), samples == expected);
        yield return new("ECG samples lost", Text(lost), "0", lost == 0);
        (long produced, long processed, long skipped, long failed) = (Number(camera, "produced"), Number(camera, "processed"), Number(camera, "skipped"), Number(camera, "failed"));
        yield return new("frames: produced = processed + skipped + failed", $"{produced} = {processed} + {skipped} + {failed}", "exact", produced == processed + skipped + failed);
    }

    private static IEnumerable<SoakRow> Latencies(SoakFindings soak, double slow)
    {
        JsonElement heart = Stream(soak, "ecg");
        double beat = heart.GetProperty("age_ms").GetProperty("p99").GetDouble();
        double latency = heart.GetProperty("detector_seconds").GetDouble() * 1000;
        yield return new("beat event p99 after the sample that decides", Milliseconds(beat), "<= 250 ms", beat <= 250);
        yield return new("the detector decides after the R peak", $"{latency:0} ms, always", "< 1000 ms", latency < 1000);
        double[] ages = [.. soak.Frames.Select(f => f.Age).Order()];
        double[] inferences = [.. soak.Frames.Select(f => f.Inference).Order()];
        double median = Quantile(inferences, 0.5);
        double slowest = Quantile(inferences, 0.99);
        double age = Quantile(ages, 0.99);
        yield return new("inference, median and p99", $"{median:0.0}, {slowest:0.0} ms", slow > 0 ? $"median >= {slow * Period:0.0} ms" : "-", slow == 0 || median >= slow * Period);
        yield return new("age of a frame's result, median and p99", $"{Quantile(ages, 0.5):0.0}, {age:0.0} ms", $"p99 <= {Period:0.0} ms + that of inference", age <= Period + slowest);
    }

    private static IEnumerable<SoakRow> Resources(SoakFindings soak)
    {
        MemorySeries memory = soak.Memory;
        yield return new($"memory after minute {Text(memory.WarmUp)}", string.Create(CultureInfo.InvariantCulture, $"{memory.Range}, {memory.Slope:+0.00;-0.00} MiB/h"), "< 1 MiB/h", memory.Slope < 1);
        (long collections, double pauses) = (Number(soak.Status, "heap_collections"), soak.Status.GetProperty("heap_pause_ms").GetDouble());
        yield return new("collections of the managed heap", string.Create(CultureInfo.InvariantCulture, $"{collections}, {pauses / Math.Max(1, collections):0.0} ms on average"), "-", true);
        yield return new("open files", $"{soak.Descriptors.First} to {soak.Descriptors.Last}", "constant", soak.Descriptors.Last <= soak.Descriptors.First + 1);
        yield return new("threads", $"{soak.Threads.First} to {soak.Threads.Last}", "constant", soak.Threads.Last <= soak.Threads.First + 2);
        yield return new("processor, under load", $"{soak.BusyCores * 100:0.0} % of a core", "-", true);
        yield return new("processor, sources ended", $"{soak.IdleCores * 100:0.0} % of a core", "< 2 %", soak.IdleCores < 0.02);
        yield return new("events per page", string.Join(", ", soak.PageEvents), "> 0", soak.PageEvents.All(e => e > 0));
    }

    private static IEnumerable<SoakRow> Messages(SoakFindings soak)
    {
        if (soak.Messages is { } messages)
        {
            JsonElement sink = soak.Status.GetProperty("sinks")[0];
            long beats = Number(Stream(soak, "ecg").GetProperty("age_ms"), "count");
            yield return new("MQTT: beats at the subscriber", Text(messages), Text(beats), messages == beats);
            yield return new("MQTT: waiting, dropped", $"{Number(sink, "waiting")}, {Number(sink, "dropped")}", "0, 0", Number(sink, "waiting") == 0 && Number(sink, "dropped") == 0);
        }
        else
        {
            yield return new("MQTT", "mosquitto is not installed", "-", true);
        }
        yield return new("SIGTERM", $"code {soak.End.Code} after {soak.End.Seconds:0.0} s", "0, <= 5 s", soak.End.Code == 0 && soak.End.Seconds <= 5);
    }

    private static JsonElement Stream(SoakFindings soak, string kind) => soak.Status.GetProperty("streams").EnumerateArray().First(s => s.GetProperty("kind").GetString() == kind);

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    /// <summary>Of sorted values.</summary>
    private static double Quantile(double[] sorted, double part) => sorted.Length == 0 ? double.NaN : sorted[(int)Math.Ceiling(part * sorted.Length) - 1];

    private static string Milliseconds(double value) => $"{value:0.0} ms";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
