using System.CommandLine;
using System.Globalization;
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
    /// <summary>How much slower than asked for the model is made: it was timed on a machine that may have been busy.</summary>
    private const double Margin = 1.25;

    private readonly Option<double> _minutes = new("--minutes") { Description = "How long the sources run.", HelpName = "N", DefaultValueFactory = _ => 10 };
    private readonly Option<double> _warmUp = new("--warm-up") { Description = "Minutes of them before the memory is fitted.", HelpName = "N", DefaultValueFactory = _ => 4 };
    private readonly Option<double> _slow = new("--slow") { Description = "Instead of the model, one that takes so many frame periods; 0 = the model.", HelpName = "PERIODS" };
    private readonly Option<string> _edge = new("--edge") { Description = "The program; by default the one that was built beside this.", HelpName = "FILE" };
    private readonly Option<string> _model = new("--model") { Description = "The camera's model; by default the demo's LeNet-5.", HelpName = "FILE" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Markdown document whose section is replaced.", HelpName = "FILE.md" };
    private readonly Option<string> _section = new("--section") { Description = "Name of the section.", HelpName = "NAME", DefaultValueFactory = _ => "soak" };

    public SoakCommand()
        : base("soak", "Runs the daemon with a camera, an ECG, two pages and a broker, and reports what was lost.")
    {
        string artifacts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
        _edge.DefaultValueFactory = _ => Path.Combine(artifacts, "bin", "Edge.Cli", "release", "edge");
        _model.DefaultValueFactory = _ => Path.Combine(artifacts, "..", "src", "Edge.Serve", "Demo", "lenet5.edge");
        foreach (Option option in new Option[] { _minutes, _warmUp, _slow, _edge, _model, _output, _section })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        (double minutes, double warmUp, double slow) = (result.GetValue(_minutes), result.GetValue(_warmUp), result.GetValue(_slow));
        if (!(minutes is > 0 and <= 100_000) || !(warmUp >= 0 && warmUp < minutes) || !(slow is >= 0 and <= 1000))
        {
            throw new EdgeException(EdgeError.BadOption, $"--minutes is {minutes}, --warm-up {warmUp}, --slow {slow}; expected more than 0, less than the minutes, and 0 to 1000", "correct them");
        }
        string edge = Path.GetFullPath(result.GetRequiredValue(_edge));
        string model = Path.GetFullPath(result.GetRequiredValue(_model));
        DirectoryInfo? made = slow > 0 ? Directory.CreateTempSubdirectory("edge-soak-model-") : null;
        try
        {
            string name = Path.GetFileNameWithoutExtension(model);
            if (made is not null)
            {
                model = Path.Combine(made.FullName, "slow.edge");
                name = $"{SlowModel.Write(model, Margin * slow * 1000 / SoakOptions.FramesPerSecond)} convolutions that take more than {slow.ToString("0.#", CultureInfo.InvariantCulture)} frame periods";
            }
            using var run = new SoakRun(new SoakOptions(edge, model, minutes, warmUp));
            var report = new SoakReport(run.Run(), minutes, slow);
            string text = $"{MachineReport.Measure([1], BenchOptions.CommandLine(result)).ToMarkdown()}\n{report.ToMarkdown(name, edge)}";
            Console.Out.Write(text);
            if (result.GetValue(_output) is { } path)
            {
                MarkdownSection.Write(path, result.GetRequiredValue(_section), text);
            }
            return report.Holds ? 0 : 1;
        }
        finally
        {
            made?.Delete(recursive: true);
        }
    }
}
