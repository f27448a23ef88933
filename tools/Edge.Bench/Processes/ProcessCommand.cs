using System.CommandLine;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Kernels.Tensors;

namespace Edge.Bench.Processes;

/// <summary>
/// <c>edge-bench cold</c> and <c>edge-bench memory</c>: the edge command beside the least C# program on ONNX Runtime, each in
/// processes of its own, in turns. Files are in the page cache: one process of each program runs before.
/// </summary>
internal sealed class ProcessCommand : Command
{
    private readonly Argument<string[]> _models = BenchOptions.Models();
    private readonly Option<int> _threads = BenchOptions.Number("--threads", "Threads that work on one inference.", 1, 1, 1024);
    private readonly Option<int> _processes;
    private readonly Option<int> _runs;
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly BenchReport _report = new();
    private readonly Func<IReadOnlyList<ProcessRow>, string> _table;

    private ProcessCommand(string name, string description, int processes, int runs, Func<IReadOnlyList<ProcessRow>, string> table)
        : base(name, description)
    {
        _table = table;
        _processes = BenchOptions.Number("--processes", "Processes per program and model.", processes, 1, 10_000);
        _runs = BenchOptions.Number("--runs", "Inferences per process.", runs, 1, 1_000_000);
        Arguments.Add(_models);
        foreach (Option option in new Option[] { _threads, _processes, _runs, _shapes })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    public static ProcessCommand Cold() => new("cold", "Times from the start of a process to the first result, and the inferences after it.", 7, 30, ProcessTable.Cold);

    public static ProcessCommand Memory() => new("memory", "Compares the peak of the memory in use, from the file to the tenth inference.", 3, 10, ProcessTable.Memory);

    private int Run(ParseResult result)
    {
        string[] paths = [.. result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand)];
        int threads = result.GetValue(_threads);
        MachineReport machine = MachineReport.Measure([threads], BenchOptions.CommandLine(result));
        var rows = new List<ProcessRow>();
        foreach (string path in paths)
        {
            using var model = new PreparedModel(path, result.GetRequiredValue(_shapes));
            ModelFiles.ReleaseUnused();
            rows.AddRange(Measure(model, threads, result.GetValue(_runs), result.GetValue(_processes)));
            Console.Error.Write(_table([.. rows.Where(r => r.Model == ModelFiles.NameOf(path))]));
        }
        string threadsText = $"{threads} thread{(threads == 1 ? "" : "s")}, {result.GetValue(_processes)} processes of {result.GetValue(_runs)} inferences each";
        _report.Write(result, Name, $"{machine.ToMarkdown()}\n{threadsText}:\n\n{_table(rows)}", new ProcessesJson(machine, threads, [.. rows]), BenchJson.Default.ProcessesJson);
        return 0;
    }

    private static IEnumerable<ProcessRow> Measure(PreparedModel model, int threads, int runs, int processes)
    {
        IReadOnlyList<ModelProgram> programs = ModelProgram.Built();
        List<ProcessRun>[] measured = [.. programs.Select(_ => new List<ProcessRun>())];
        foreach (ModelProgram program in programs)
        {
            program.Run(model, threads, 1);
        }
        for (int i = 0; i < processes; i++)
        {
            for (int k = 0; k < programs.Count; k++)
            {
                measured[k].Add(programs[k].Run(model, threads, runs));
            }
        }
        return programs.Select((p, k) => new ProcessRow(ModelFiles.NameOf(model.OnnxPath), p.Name, p.NativeBytes, measured[k]));
    }
}
