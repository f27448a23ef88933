using System.CommandLine;
using Edge.Bench.Reports;

namespace Edge.Bench.Machine;

/// <summary><c>edge-bench peak</c>: what this machine can do at most.</summary>
internal sealed class PeakCommand : Command
{
    private readonly Option<int[]> _threads = BenchOptions.Threads();
    private readonly BenchReport _report = new();

    public PeakCommand()
        : base("peak", "Measures the float32 peak, the bandwidth of caches and memory, and the cost of a parallel call.")
    {
        _threads.DefaultValueFactory = _ => [1, Environment.ProcessorCount];
        Options.Add(_threads);
        _report.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        MachineReport machine = MachineReport.Measure(result.GetRequiredValue(_threads), BenchOptions.CommandLine(result));
        _report.Write(result, "peak", $"{machine.ToMarkdown()}\n{machine.PeakTable()}", machine, BenchJson.Default.MachineReport);
        return 0;
    }
}
