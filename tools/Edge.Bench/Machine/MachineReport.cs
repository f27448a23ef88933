using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Edge.Bench.Machine;

/// <summary>Where and with what a table was measured: stands above every table.</summary>
public sealed record MachineReport(
    string Processor, int Cores, string CpuFeatures, string Framework, string OnnxRuntime, string System, string Date, string Command, IReadOnlyList<MachinePeak> Peaks)
{
    /// <param name="threads">Numbers of threads whose peaks are measured.</param>
    /// <param name="command">The command line, without the program.</param>
    public static MachineReport Measure(IEnumerable<int> threads, string command) => new(
        ProcessorName(),
        Environment.ProcessorCount,
        Cpu.Features.ToString(),
        RuntimeInformation.FrameworkDescription,
        OrtEnv.Instance().GetVersionString(),
        RuntimeInformation.OSDescription,
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        $"edge-bench {command}",
        [.. threads.Distinct().Order().Select(MachinePeak.Measure)]);

    public MachinePeak Peak(int threads) => Peaks.First(p => p.Threads == threads);

    /// <summary>Lines of Markdown.</summary>
    public string ToMarkdown()
    {
        string peaks = string.Join("; ", Peaks.Select(p => string.Create(
            CultureInfo.InvariantCulture,
            $"{p.Threads} thread{(p.Threads == 1 ? "" : "s")}: {p.Gflops:F1} GFLOP/s, memory {p.Read[^1].GigabytesPerSecond:F1} GB/s read, {p.TriadGbs:F1} GB/s triad")));
        return $"""
            {Processor}, {Cores} cores ({CpuFeatures}); {Framework}, ONNX Runtime {OnnxRuntime}; {Date}.
            Measured peak, {FmaPeak.Lanes} lanes: {peaks}.

                {Command}

            """;
    }

    /// <summary>Everything that was measured, as a table.</summary>
    public string PeakTable()
    {
        string[] blocks = [.. MachinePeak.BlockBytes.Select(b => $"read {Quantity.Bytes(b)} GB/s")];
        var lines = new List<string>
        {
            $"| threads | GFLOP/s | {string.Join(" | ", blocks)} | triad GB/s | fork/join us, least | median |",
            $"|---:|---:|{string.Concat(blocks.Select(_ => "---:|"))}---:|---:|---:|",
        };
        foreach (MachinePeak peak in Peaks)
        {
            string read = string.Join(" | ", peak.Read.Select(r => r.GigabytesPerSecond.ToString("F1", CultureInfo.InvariantCulture)));
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"| {peak.Threads} | {peak.Gflops:F1} | {read} | {peak.TriadGbs:F1} | {peak.ForkJoinMinimumUs:F2} | {peak.ForkJoinMedianUs:F2} |"));
        }
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>As the operating system calls it.</summary>
    public static string ProcessorName()
    {
        string[] lines = File.Exists("/proc/cpuinfo") ? File.ReadAllLines("/proc/cpuinfo") : [];
        string? model = lines.FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal) || l.StartsWith("Model", StringComparison.Ordinal));
        return model?[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
