using System.CommandLine;
using System.Globalization;
using System.Text;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Kernels.Dispatch;

namespace Edge.Bench.Rows;

/// <summary><c>edge-bench rows</c>: where one convolution algorithm overtakes another, and whether the planner knows.</summary>
internal sealed class RowsCommand : Command
{
    private readonly Option<int> _threads = new("--threads") { Description = "Threads.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _fit = new("--fit") { Description = "Fit the cost model to this machine and print it for EDGE_COST." };
    private readonly BenchReport _report = new();

    public RowsCommand()
        : base("rows", "Times the convolution rows that compete (direct, Winograd, FFT) and shows which the planner chooses.")
    {
        Options.Add(_threads);
        Options.Add(_fit);
        _report.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        int threads = result.GetValue(_threads);
        MachineReport machine = MachineReport.Measure([threads], BenchOptions.CommandLine(result));
        List<RowTimes> times = [.. RowSweep.Run(threads)];
        var text = new StringBuilder($"{machine.ToMarkdown()}\n");
        Table(text, times);
        text.Append(CultureInfo.InvariantCulture, $"\nChosen / best, geometric mean: {CostFit.Loss(times, null):F3}.\n");
        if (result.GetValue(_fit))
        {
            CostModel start = times[0].Times[0].Row.Model;
            CostModel fitted = CostFit.Fit(times, start);
            text.Append(CultureInfo.InvariantCulture, $"Built in: {start}. Fitted here: EDGE_COST={fitted}, with which it is {CostFit.Loss(times, fitted):F3}.\n");
        }
        _report.Write(result, "rows", text.ToString(), [.. times.SelectMany(Json)], BenchJson.Default.RowTimeArray);
        return 0;
    }

    private static IEnumerable<RowTime> Json(RowTimes t) =>
        t.Times.Select(r => new RowTime(t.Problem, r.Row.Name, r.Milliseconds, r.Row == t.Choice().Row));

    private static void Table(StringBuilder text, List<RowTimes> times)
    {
        string[] names = [.. times.SelectMany(t => t.Times.Select(r => Short(r.Row.Name))).Distinct()];
        text.Append($"Milliseconds; best in bold.\n\n| convolution | {string.Join(" | ", names)} | chosen | chosen / best |\n");
        text.Append($"|---|{string.Concat(Enumerable.Repeat("---:|", names.Length))}---|---:|\n");
        foreach (RowTimes t in times)
        {
            var cells = names.Select(name => t.Times.Where(r => Short(r.Row.Name) == name).Select(r => Show(r, t)).FirstOrDefault(""));
            text.Append(CultureInfo.InvariantCulture, $"| {t.Problem} | {string.Join(" | ", cells)} | {Short(t.Choice().Row.Name)} | {t.Choice().Milliseconds / t.Best.Milliseconds:F2} |\n");
        }
    }

    private static string Show((KernelRow<Edge.Kernels.Convolution.ConvProblem> Row, double Milliseconds) r, RowTimes t) =>
        r.Row == t.Best.Row ? $"**{Cell.Milliseconds(r.Milliseconds)}**" : Cell.Milliseconds(r.Milliseconds);

    /// <summary>The variant alone: the rows of a table share family, type and instruction set.</summary>
    private static string Short(string name) => name[(name.LastIndexOf('_') + 1)..];
}

/// <summary>One measurement.</summary>
/// <param name="Chosen">Whether the planner takes this row.</param>
internal sealed record RowTime(string Problem, string Row, double Milliseconds, bool Chosen);
