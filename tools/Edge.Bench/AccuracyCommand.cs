using System.CommandLine;
using System.Globalization;
using System.Text;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;

namespace Edge.Bench;

/// <summary><c>edge-bench accuracy</c>: the table of docs/accuracy.md, every model against ONNX Runtime.</summary>
internal sealed class AccuracyCommand : Command
{
    private readonly Argument<string[]> _models = BenchOptions.Models();
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly Option<string?> _samples = new("--samples") { Description = "Folder with further inputs: MODEL.npy for the model of that file name.", HelpName = "FOLDER" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Markdown file to write.", HelpName = "FILE.md" };

    public AccuracyCommand()
        : base("accuracy", "Compares results with ONNX Runtime on every model.")
    {
        Arguments.Add(_models);
        Options.Add(_shapes);
        Options.Add(_samples);
        Options.Add(_output);
        SetAction(Run);
    }

    /// <returns>0 when every model is within the limit, else 1.</returns>
    private int Run(ParseResult result)
    {
        string[] paths = [.. result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand)];
        var table = new StringBuilder("| model | input | nodes | after passes | Edge to ONNX Runtime | Edge to exact | ONNX Runtime to exact |\n|---|---|---|---|---|---|---|\n");
        int failed = 0;
        foreach (string path in paths)
        {
            try
            {
                failed += Append(table, path, result.GetRequiredValue(_shapes), result.GetValue(_samples));
            }
            catch (Exception exception) when (exception is Edge.Convert.ConversionException or Edge.Runtime.Diagnostics.EdgeException)
            {
                failed++;
                Console.Error.WriteLine(exception.Message);
                table.Append(CultureInfo.InvariantCulture, $"| {Path.GetFileNameWithoutExtension(path)} | | | | refused: {FirstLine(exception.Message)} | | |\n");
            }
        }
        if (result.GetValue(_output) is { } output)
        {
            File.WriteAllText(output, Document(table.ToString()));
        }
        else
        {
            Console.Out.Write(table);
        }
        return failed == 0 ? 0 : 1;
    }

    private static int Append(StringBuilder table, string path, IReadOnlyDictionary<string, Shape> shapes, string? samples)
    {
        int failed = 0;
        string[] names = ModelComparison.InputNames(path);
        Dictionary<string, Shape> given = shapes.Where(p => names.Contains(p.Key)).ToDictionary();
        foreach (ComparisonResult result in Results(path, given, samples))
        {
            failed += result.Agrees ? 0 : 1;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Model,-36} {result.Input,-10} {result.Error:0.0e+00} {(result.Agrees ? "" : "TOO FAR")}"));
            table.Append(CultureInfo.InvariantCulture, $"| {result.Model} | {result.Input} | {result.Nodes} | {result.FusedNodes} | {result.Error:0.0e+00} | {Cell(result.ReferenceError)} | {Cell(result.PeerReferenceError)} |\n");
        }
        return failed;
    }

    /// <summary>
    /// Random input, the sample in <c>../golden/FOLDER__MODEL/input_K.pb</c> where one lies beside the model, and
    /// <c>MODEL.npy</c> of the folder of samples where that has one.
    /// </summary>
    private static IEnumerable<ComparisonResult> Results(string path, IReadOnlyDictionary<string, Shape> shapes, string? samples)
    {
        yield return ModelComparison.OnRandomInput(path, shapes);
        if (Samples.Find(path) is { } sample)
        {
            yield return ModelComparison.OnInput(path, "sample", sample);
        }
        string photo = Path.Combine(samples ?? "", Path.GetFileNameWithoutExtension(path) + ".npy");
        if (samples is not null && File.Exists(photo))
        {
            yield return ModelComparison.OnInput(path, "photo", [NpyFile.Read(photo)]);
        }
    }

    private static string Cell(double? error) => error?.ToString("0.0e+00", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The first line without the folder that it may start with.</summary>
    private static string FirstLine(string text)
    {
        string line = text.Split('\n')[0].Trim();
        int code = line.IndexOf("EC", StringComparison.Ordinal);
        return code < 0 ? line : line[code..];
    }

    private static string Document(string table) =>
        $"""
        # Agreement with ONNX Runtime

        Float32 results of Edge after all passes against ONNX Runtime {typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly.GetName().Version?.ToString(3)}
        with its graph optimisations off, same input, two threads. The measure is the largest difference over the
        largest magnitude of each output, max |a-b| / max |b|; {ComparisonResult.Limit.ToString("0e+0", CultureInfo.InvariantCulture)} is the limit. "random" is seeded noise in
        [-1, 1); "sample" is a real pre-processed input and "photo" a photograph (a contact sheet of faces of all sizes for
        YuNet, a scene for YOLOX), on which no output is all but zero. Where the limit is passed, both are compared with the naive
        reference rows, which accumulate in double precision ("exact"): they agree all the same where Edge is within the
        limit of the exact result and ONNX Runtime is further off it. Float16 models are compared with the same model in
        float32, rounded once at the end. Made by:

            /usr/bin/python3 tools/zoo/export.py artifacts/zoo
            /usr/bin/python3 tools/zoo/photo_inputs.py DATA artifacts/photos
            dotnet run -c Release --project tools/Edge.Bench -- accuracy artifacts/zoo tools/zoo/models MODELS --input-shape x=1,3,48,192 --samples artifacts/photos -o docs/accuracy.md

        where MODELS is a folder of trained models and DATA one of photographs; these are not part of the repository.


        """ + table;
}
