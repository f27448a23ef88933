using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Edge.Commands;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;

namespace Edge.Cli;

/// <summary><c>edge run</c>: computes the outputs for given inputs.</summary>
internal sealed class RunCommand : Command
{
    private readonly Argument<string> _model = CommonOptions.Model();
    private readonly Argument<string[]> _inputs = new("INPUT") { Description = "One .npy per model input in graph order; or images (JPEG, PNG, BMP), where the model carries its preprocessing.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Option<string> _precision = CommonOptions.Precision();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<string> _outputDir = new("--output-dir") { Description = "Write output_0.npy, output_1.npy, ... in graph order; for several images a folder each.", HelpName = "DIR" };
    private readonly Option<int> _top = CommonOptions.Number("--top", "Print the K classes with the highest probability.", 0, 1, 1 << 20);
    private readonly Option<bool> _draw = new("--draw") { Description = "Draw each image with block characters." };
    private readonly Option<bool> _json = CommonOptions.Json();

    public RunCommand()
        : base("run", "Runs a model.")
    {
        Arguments.Add(_model);
        Arguments.Add(_inputs);
        foreach (Option option in new Option[] { _backend, _precision, _threads, _outputDir, _top, _draw, _json })
        {
            Options.Add(option);
        }
        Validators.Add(result =>
        {
            if (result.GetValue(_draw) && result.GetValue(_json))
            {
                result.AddError("--draw cannot be combined with --json");
            }
        });
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        EdgeModel model = EdgeModel.Open(result.GetRequiredValue(_model));
        using InferenceSession session = CommonOptions.OpenTested(model, result.GetRequiredValue(_model), result.GetValue(_backend)!, result.GetValue(_threads), result.GetValue(_precision)!);
        string[] files = result.GetValue(_inputs) ?? [];
        var source = new InputSource(model.File, session);
        bool json = result.GetValue(_json);
        var reports = new List<RunJson>();
        int runs = source.CountRuns(files);
        for (int i = 0; i < runs; i++)
        {
            RunInput input = source.Load(files, i);
            if (result.GetValue(_draw) && input.Image is { } image)
            {
                ImageDrawing.Write(Console.Out, image, colors: !Console.IsOutputRedirected && Knobs.NoColor.Value.Length == 0);
            }
            long start = Stopwatch.GetTimestamp();
            Tensor[] outputs = session.Run(input.Tensors);
            double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            OutputJson[] described = Describe(session, outputs, model.File.Labels, result.GetValue(_top));
            string? folder = FolderOf(result.GetValue(_outputDir), input, i, runs);
            Save(outputs, described, folder);
            var report = new RunJson(input.Files, milliseconds, described);
            reports.Add(report);
            if (!json)
            {
                RunText.Write(Console.Out, report, topOnly: result.GetValue(_top) > 0, quiet: folder is not null && result.GetValue(_top) == 0);
            }
        }
        if (json)
        {
            var all = new RunsJson(result.GetRequiredValue(_model), CommonOptions.BackendOf(session), session.Threads, [.. reports]);
            Console.Out.WriteLine(JsonSerializer.Serialize(all, CliJson.Default.RunsJson));
        }
        return 0;
    }

    private static OutputJson[] Describe(InferenceSession session, Tensor[] outputs, IReadOnlyList<string> labels, int top)
    {
        var result = new OutputJson[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            // Classes are read off the first output; further ones are features, boxes and the like.
            TopJson[][]? classes = top > 0 && i == 0 ? TopClasses.Find(outputs[i], labels, top) : null;
            result[i] = OutputJson.Of(session.Outputs[i].Name, outputs[i], classes);
        }
        return result;
    }

    private static string? FolderOf(string? root, RunInput input, int run, int runs) =>
        root is null || runs == 1 ? root : Path.Combine(root, $"{run}_{Path.GetFileNameWithoutExtension(input.Files[0])}");

    private static void Save(Tensor[] outputs, OutputJson[] described, string? folder)
    {
        if (folder is null)
        {
            return;
        }
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.FileUnwritable, $"the folder cannot be made: {exception.Message}", "give another --output-dir", folder, exception);
        }
        for (int i = 0; i < outputs.Length; i++)
        {
            string path = Path.Combine(folder, $"output_{i}.npy");
            NpyFile.Write(path, outputs[i]);
            described[i] = described[i] with { File = path };
        }
    }
}
