using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Soak;

/// <summary>
/// <c>edge-bench soak</c>: the daemon under its usual load for some minutes, and a report with the numbers that have to hold. Ends with
/// code 1 where one does not.
/// </summary>
internal sealed class SoakCommand : Command
{
    private readonly Option<double> _minutes = new("--minutes") { Description = "How long the sources run.", HelpName = "N", DefaultValueFactory = _ => 10 };
    private readonly Option<string> _edge = new("--edge") { Description = "The program; by default the one that was built beside this.", HelpName = "FILE" };
    private readonly Option<string> _model = new("--model") { Description = "The camera's model; by default the demo's.", HelpName = "FILE" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Markdown document whose section 'soak' is replaced.", HelpName = "FILE.md" };

    public SoakCommand()
        : base("soak", "Runs the daemon with a camera, an ECG, two pages and a broker, and reports what was lost.")
    {
        string artifacts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
        _edge.DefaultValueFactory = _ => Path.Combine(artifacts, "bin", "Edge.Cli", "release", "edge");
        _model.DefaultValueFactory = _ => Path.Combine(artifacts, "..", "src", "Edge.Serve", "Demo", "lenet5.edge");
        foreach (Option option in new Option[] { _minutes, _edge, _model, _output })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        double minutes = result.GetValue(_minutes);
        if (!(minutes is > 0 and <= 100_000))
        {
            throw new EdgeException(EdgeError.BadOption, $"--minutes is {minutes}, expected more than 0", "give minutes");
        }
        using var run = new SoakRun(result.GetRequiredValue(_edge), Path.GetFullPath(result.GetRequiredValue(_model)), minutes);
        (string What, string Found, string Wanted, bool Holds)[] rows = [.. Rows(run.Run())];
        var text = new TextTable("| what", "| found", "| wanted", "|", "|");
        text.Add("|---", "|---", "|---", "|---", "|");
        foreach ((string what, string found, string wanted, bool holds) in rows)
        {
            text.Add($"| {what}", $"| {found}", $"| {wanted}", holds ? "| yes" : "| **no**", "|");
        }
        string report = $"{MachineReport.Measure([1], BenchOptions.CommandLine(result)).ToMarkdown()}\n{minutes.ToString("0.#", CultureInfo.InvariantCulture)} minutes of a camera of 640 x 480 at 30 frames per second with LeNet-5, an ECG of 360 Hz, two pages:\n\n{text}";
        Console.Out.Write(report);
        if (result.GetValue(_output) is { } path)
        {
            MarkdownSection.Write(path, "soak", report);
        }
        return rows.All(r => r.Holds) ? 0 : 1;
    }

    private static IEnumerable<(string What, string Found, string Wanted, bool Holds)> Rows(SoakFindings soak)
    {
        JsonElement[] streams = [.. soak.Status.GetProperty("streams").EnumerateArray()];
        JsonElement camera = streams.First(s => s.GetProperty("kind").GetString() == "camera");
        JsonElement heart = streams.First(s => s.GetProperty("kind").GetString() == "ecg");
        long samples = Number(heart, "produced");
        long lost = samples - Number(heart, "processed") + Number(heart, "dropped");
        yield return ("ECG samples", Text(samples), Text((long)(soak.Minutes * 60) * 360), samples == (long)(soak.Minutes * 60) * 360);
        yield return ("ECG samples lost", Text(lost), "0", lost == 0);
        long rest = Number(camera, "produced") - Number(camera, "processed") - Number(camera, "skipped") - Number(camera, "failed");
        yield return ("frames: produced = processed + skipped + failed", $"{Number(camera, "produced")} = {Number(camera, "processed")} + {Number(camera, "skipped")} + {Number(camera, "failed")}", "exact", rest == 0);
        double beat = heart.GetProperty("age_ms").GetProperty("p99").GetDouble();
        double latency = heart.GetProperty("detector_seconds").GetDouble() * 1000;
        yield return ("beat event p99 after the sample that decides", $"{beat:0.0} ms", "<= 250 ms", beat <= 250);
        yield return ("the detector decides after the R peak", $"{latency:0} ms, always", "< 1000 ms", latency < 1000);
        double age = camera.GetProperty("age_ms").GetProperty("p99").GetDouble();
        yield return ("age of a frame's result, p99", $"{age:0.0} ms", "<= 66 ms", age <= 66);
        yield return ("memory", $"{soak.Memory[0].Bytes / 1048576.0:0.0} to {soak.Memory[^1].Bytes / 1048576.0:0.0} MiB, {soak.MemorySlope:+0.0;-0.0} MiB/h", "< 1 MiB/h", soak.MemorySlope < 1);
        yield return ("memory after each tenth of the time, MiB", string.Join(' ', Enumerable.Range(1, 10).Select(i => $"{soak.Memory[Math.Max(0, (soak.Memory.Count * i / 10) - 1)].Bytes / 1048576.0:0.0}")), "-", true);
        yield return ("open files", $"{soak.Descriptors.First} to {soak.Descriptors.Last}", "constant", soak.Descriptors.Last <= soak.Descriptors.First + 1);
        yield return ("threads", $"{soak.Threads.First} to {soak.Threads.Last}", "constant", soak.Threads.Last <= soak.Threads.First + 2);
        yield return ("processor, under load", $"{soak.BusyCores * 100:0.0} % of a core", "-", true);
        yield return ("processor, sources ended", $"{soak.IdleCores * 100:0.0} % of a core", "< 2 %", soak.IdleCores < 0.02);
        yield return ("events per page", string.Join(", ", soak.PageEvents), "> 0", soak.PageEvents.All(e => e > 0));
        if (soak.Messages is { } messages)
        {
            JsonElement sink = soak.Status.GetProperty("sinks")[0];
            long beats = heart.GetProperty("age_ms").TryGetProperty("count", out JsonElement count) ? count.GetInt64() : messages;
            yield return ("MQTT: beats at the subscriber", Text(messages), Text(beats), messages == beats);
            yield return ("MQTT: waiting, dropped", $"{Number(sink, "waiting")}, {Number(sink, "dropped")}", "0, 0", Number(sink, "waiting") == 0 && Number(sink, "dropped") == 0);
        }
        else
        {
            yield return ("MQTT", "mosquitto is not installed", "-", true);
        }
        yield return ("SIGTERM", $"code {soak.End.Code} after {soak.End.Seconds:0.0} s", "0, <= 5 s", soak.End.Code == 0 && soak.End.Seconds <= 5);
    }

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
