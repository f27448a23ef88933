using System.CommandLine;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Commands;

namespace Edge.Bench.Kernels;

/// <summary><c>edge-bench kernels</c>: single kernels under BenchmarkDotNet, and what they allocate.</summary>
internal sealed class KernelsCommand : Command
{
    private readonly Option<string[]> _filter = new("--filter") { Description = "Only cases whose row and problem contain one of these words.", HelpName = "WORD", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _list = new("--list") { Description = "List the cases and stop." };
    private readonly Option<int> _threads = BenchOptions.Number("--threads", "Threads that work on one kernel.", 1, 1, 1024);
    private readonly Option<int> _iterations = BenchOptions.Number("--iterations", "Iterations that are measured, of 100 ms or more.", 10, 1, 10_000);
    private readonly BenchReport _report = new();

    public KernelsCommand()
        : base("kernels", "Times single kernels, every row that this processor can run.")
    {
        foreach (Option option in new Option[] { _filter, _list, _threads, _iterations })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    /// <returns>1 when a kernel allocates, else 0.</returns>
    private int Run(ParseResult result)
    {
        string[] words = result.GetValue(_filter) ?? [];
        KernelCase[] cases = [.. KernelCases.All.Where(c => words.Length == 0 || words.Any(w => c.ToString().Contains(w, StringComparison.OrdinalIgnoreCase)))];
        if (result.GetValue(_list) || cases.Length == 0)
        {
            Array.ForEach(cases, Console.Out.WriteLine);
            return cases.Length > 0 ? 0 : CommandLineApp.Failed;
        }
        int threads = result.GetValue(_threads);
        MachineReport machine = MachineReport.Measure([threads], BenchOptions.CommandLine(result));
        KernelBenchmarks.Chosen = cases;
        KernelBenchmarks.Threads = threads;
        Summary summary = BenchmarkRunner.Run<KernelBenchmarks>(Configuration(result.GetValue(_iterations)));
        KernelTimeJson[] times =
        [
            .. summary.Reports.Where(r => r.ResultStatistics is not null)
                .Select(r => ((KernelCase Case, BenchmarkDotNet.Reports.BenchmarkReport Report))((KernelCase)r.BenchmarkCase.Parameters["Case"], r))
                .OrderBy(r => Array.IndexOf(cases, r.Case))
                .Select(r => ToJson(r.Case, r.Report, threads, machine.Peak(threads).Gflops)),
        ];
        _report.Write(result, "kernels", $"{machine.ToMarkdown()}\n{ToMarkdown(times)}", new KernelsJson(machine, threads, times), BenchJson.Default.KernelsJson);
        KernelTimeJson[] allocating = [.. times.Where(t => t.AllocatedBytes > 0)];
        foreach (KernelTimeJson time in allocating)
        {
            CommandLineApp.Error($"{time.Row} allocates {time.AllocatedBytes} bytes per run on {time.Problem}");
        }
        return allocating.Length == 0 && times.Length == cases.Length ? 0 : CommandLineApp.Failed;
    }

    /// <summary>In this process: the cases hold kernels, which no other process could be handed.</summary>
    private static ManualConfig Configuration(int iterations) => ManualConfig.CreateEmpty()
        .AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(2)
            .WithIterationCount(iterations)
            .WithMinIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(100)))
        .AddLogger(new TextLogger(Console.Error))
        .WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.DisableOptimizationsValidator);

    private static KernelTimeJson ToJson(KernelCase of, BenchmarkDotNet.Reports.BenchmarkReport report, int threads, double peak)
    {
        using PreparedCase prepared = of.Prepare(threads);
        double microseconds = report.ResultStatistics!.Median / 1e3;
        double gflops = of.MultiplyAdds * 2 / microseconds / 1e3;
        return new KernelTimeJson(of.Row, of.Problem, microseconds, report.ResultStatistics.Min / 1e3, gflops, gflops / peak, prepared.AllocatedBytes());
    }

    private static string ToMarkdown(KernelTimeJson[] times)
    {
        var text = new StringBuilder("| problem | row | us | least | GFLOP/s | of peak | allocated |\n|---|---|---:|---:|---:|---:|---:|\n");
        foreach (KernelTimeJson time in times)
        {
            string work = time.Gflops == 0 ? "| | " : string.Create(CultureInfo.InvariantCulture, $"| {time.Gflops:F1} | {time.ShareOfPeak * 100:F0} % ");
            text.Append(CultureInfo.InvariantCulture, $"| {time.Problem} | {time.Row} | {Cell.Milliseconds(time.MedianUs)} | {Cell.Milliseconds(time.LeastUs)} {work}| {time.AllocatedBytes} B |\n");
        }
        return text.ToString();
    }
}
