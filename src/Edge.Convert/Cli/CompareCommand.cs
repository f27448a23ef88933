using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Convert.Verify;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Cli;

/// <summary><c>edge-convert compare A B --data DIR|FILE.npy</c>: two models side by side on the same samples.</summary>
internal sealed class CompareCommand : Command
{
    private readonly Argument<string> _a = new("A") { Description = "The model to compare with: .edge or .onnx." };
    private readonly Argument<string> _b = new("B") { Description = "The other model." };
    private readonly Option<string> _data = new("--data") { Description = "Samples of the models' input: a folder of images, .npy files or WFDB records, a .npy or .npz stack, or a recording.", HelpName = "DIR|FILE.npy|FILE.npz|RECORD", Required = true };
    private readonly Option<string> _expected = new("--expected") { Description = "The right class of each sample: integers, one per line, or a .npy vector.", HelpName = "FILE" };
    private readonly Option<string> _targets = new("--targets") { Description = "What output 0 should be for each sample.", HelpName = "FILE.npy" };
    private readonly Option<string> _preprocess = new("--preprocess") { Description = "How images become the input, where model A does not say.", HelpName = "FILE.json" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads; 0 = all.", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    public CompareCommand()
        : base("compare", "Runs two models on the same samples and prints how they differ.")
    {
        Arguments.Add(_a);
        Arguments.Add(_b);
        foreach (Option option in new Option[] { _data, _expected, _targets, _preprocess, _threads, _json })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string pathA = result.GetRequiredValue(_a);
        string pathB = result.GetRequiredValue(_b);
        (Graph a, ImagePreprocessing? image, SignalPreprocessing? signal, IReadOnlyList<string> labels) = Open(pathA);
        (Graph b, _, _, _) = Open(pathB);
        if (result.GetValue(_preprocess) is { } path)
        {
            (image, signal) = PreprocessFile.Read(path);
        }
        TensorInfo[] inputs = [.. a.Inputs.Select(v => v.Info)];
        if (!inputs.Select(i => i.ToString()).SequenceEqual(b.Inputs.Select(v => v.Info.ToString())) || a.Outputs.Count != b.Outputs.Count
            || a.Outputs.Zip(b.Outputs).Any(o => o.First.Info.Shape != o.Second.Info.Shape))
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the models take {string.Join(", ", inputs)} and {string.Join(", ", b.Inputs.Select(v => v.Info))} or give outputs of other shapes", "compare models of the same inputs and outputs", pathB);
        }
        string? file = result.GetValue(_expected);
        var data = new AnnotatedSamples(result.GetRequiredValue(_data), image, signal, labels) { WantsClasses = file is null };
        IReadOnlyList<Tensor[]> samples = data.Read(inputs, int.MaxValue);
        IReadOnlyList<long> expected = file is null ? data.Classes() : ClassFile.Read(file, samples.Count);
        IReadOnlyList<float[]> targets = result.GetValue(_targets) is { } wanted ? TargetFile.Read(wanted, samples.Count, a.Outputs[0].Info) : [];
        var options = new SessionOptions { Threads = result.GetValue(_threads) };
        using var sessionA = new InferenceSession(a, options);
        using var sessionB = new InferenceSession(b, options);
        ModelComparison comparison = ModelComparison.Run(sessionA, sessionB, samples, expected, targets);
        Console.Out.Write(result.GetValue(_json)
            ? JsonSerializer.Serialize(ToJson(pathA, pathB, comparison), ReportJson.Default.ComparisonJson) + "\n"
            : ToText(pathA, pathB, comparison));
        return 0;
    }

    private static (Graph Graph, ImagePreprocessing? Image, SignalPreprocessing? Signal, IReadOnlyList<string> Labels) Open(string path)
    {
        if (Path.GetExtension(path) != ".onnx")
        {
            EdgeModel model = EdgeModel.Open(path);
            return (model.Graph, model.Image, model.Signal, model.Labels);
        }
        Graph graph = OnnxImporter.Import(path, new ImportOptions()).Graph;
        PassPipeline.Default.Run(graph);
        return (graph, null, null, []);
    }

    private static ComparisonJson ToJson(string a, string b, ModelComparison comparison) => new(
        a, b, comparison.Samples, Bytes(a), Bytes(b), comparison.A.Top1, comparison.B.Top1, comparison.A.Milliseconds, comparison.B.Milliseconds, comparison.Agreement,
        [.. comparison.Snr], [.. comparison.MeanSquaredError], [.. comparison.Worst.Select(w => w.Sample)],
        comparison.A.F1, comparison.B.F1, comparison.A.TargetError, comparison.B.TargetError);

    private static string ToText(string a, string b, ModelComparison comparison)
    {
        var table = new TextTable("", ">A", ">B");
        table.Add("model", Path.GetFileName(a), Path.GetFileName(b));
        table.Add("size", Quantity.Bytes(Bytes(a)), Quantity.Bytes(Bytes(b)));
        table.Add("latency, median", Milliseconds(comparison.A), Milliseconds(comparison.B));
        if (comparison.A.Top1 is { } hitsA && comparison.B.Top1 is { } hitsB)
        {
            table.Add("top-1", Percent(hitsA), Percent(hitsB));
        }
        if (comparison.A.F1 is { } f1A && comparison.B.F1 is { } f1B)
        {
            table.Add("macro F1", Percent(f1A), Percent(f1B));
        }
        if (comparison.A.TargetError is { } errorA && comparison.B.TargetError is { } errorB)
        {
            table.Add("output 0: mean squared error to targets", FormattableString.Invariant($"{errorA:G4}"), FormattableString.Invariant($"{errorB:G4}"));
        }
        table.Add("same largest element", "", Percent(comparison.Agreement));
        for (int i = 0; i < comparison.Snr.Count; i++)
        {
            table.Add($"output {i}: signal to noise", "", FormattableString.Invariant($"{comparison.Snr[i]:F1} dB"));
            table.Add($"output {i}: mean squared error", "", FormattableString.Invariant($"{comparison.MeanSquaredError[i]:G3}"));
        }
        table.Add("samples", "", comparison.Samples.ToString(CultureInfo.InvariantCulture));
        table.Add("worst samples", "", string.Join(", ", comparison.Worst.Select(w => w.Sample.ToString(CultureInfo.InvariantCulture))));
        return table.ToString();
    }

    private static long Bytes(string path) => new FileInfo(path).Length;

    private static string Percent(double share) => FormattableString.Invariant($"{100 * share:F2} %");

    private static string Milliseconds(ModelScore score) => FormattableString.Invariant($"{score.Milliseconds:F3} ms");
}

internal sealed record ComparisonJson(
    string A, string B, int Samples, long BytesA, long BytesB, double? Top1A, double? Top1B, double LatencyMsA, double LatencyMsB, double Agreement,
    double[] SnrDb, double[] MeanSquaredError, int[] WorstSamples,
    double? F1A, double? F1B, double? TargetErrorA, double? TargetErrorB);
