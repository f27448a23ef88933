using System.CommandLine;
using System.Globalization;
using System.Text;
using Edge.Convert.Cli;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;

namespace Edge.Bench;

/// <summary><c>edge-bench accuracy</c>: the table of docs/accuracy.md, every model against ONNX Runtime.</summary>
internal sealed class AccuracyCommand : Command
{
    private readonly Argument<string[]> _models = BenchOptions.Models();
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly Option<Dictionary<string, ValueRange>> _ranges = new("--range")
    {
        Description = "Range of the noise for the model of that file name; may be repeated.",
        HelpName = "MODEL=LOW,HIGH",
        DefaultValueFactory = _ => [],
        CustomParser = result => Assignments.ToDictionary("--range", Assignments.Parse<ValueRange>(result, token => token.LastIndexOf('='), "MODEL=LOW,HIGH", ValueRange.TryParse)),
    };
    private readonly Option<string?> _samples = new("--samples") { Description = "Folder with further inputs: MODEL.npy for the model of that file name.", HelpName = "FOLDER" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Markdown file to write.", HelpName = "FILE.md" };

    public AccuracyCommand()
        : base("accuracy", "Compares results with ONNX Runtime on every model.")
    {
        Arguments.Add(_models);
        Options.Add(_shapes);
        Options.Add(_ranges);
        Options.Add(_samples);
        Options.Add(_output);
        SetAction(Run);
    }

    /// <returns>0 when every model is within the limit, else 1.</returns>
    private int Run(ParseResult result)
    {
        string[] paths = [.. result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand)];
        var table = new StringBuilder("| model | input | nodes | after passes | Edge to ONNX Runtime | by output | Edge to exact | ONNX Runtime to exact |\n|---|---|---|---|---|---|---|---|\n");
        int failed = 0;
        foreach (string path in paths)
        {
            try
            {
                failed += Append(table, Results(path, result));
            }
            catch (Exception exception) when (exception is Edge.Convert.ConversionException or Edge.Runtime.Diagnostics.EdgeException)
            {
                failed++;
                Console.Error.WriteLine(exception.Message);
                table.Append(CultureInfo.InvariantCulture, $"| {Path.GetFileNameWithoutExtension(path)} | | | | refused: {FirstLine(exception.Message)} | | | |\n");
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

    private static int Append(StringBuilder table, IEnumerable<ComparisonResult> results)
    {
        int failed = 0;
        foreach (ComparisonResult result in results)
        {
            failed += result.Agrees ? 0 : 1;
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{result.Model,-36} {result.Input,-14} {result.Error:0.0e+00} {result.OutputError:0.0e+00} {(result.Agrees ? "" : "TOO FAR")}"));
            table.Append(CultureInfo.InvariantCulture, $"| {result.Model} | {result.Input} | {result.Nodes} | {result.FusedNodes} ");
            table.Append(CultureInfo.InvariantCulture, $"| {result.Error:0.0e+00} | {result.OutputError:0.0e+00} | {Cell(result.ReferenceError)} | {Cell(result.PeerReferenceError)} |\n");
        }
        return failed;
    }

    /// <summary>
    /// Random input, the sample in <c>../golden/FOLDER__MODEL/input_K.pb</c> where one lies beside the model, and
    /// <c>MODEL.npy</c> of the folder of samples where that has one.
    /// </summary>
    private IEnumerable<ComparisonResult> Results(string path, ParseResult options)
    {
        string model = Path.GetFileNameWithoutExtension(path);
        string[] names = ModelComparison.InputNames(path);
        Dictionary<string, Shape> shapes = options.GetRequiredValue(_shapes).Where(p => names.Contains(p.Key)).ToDictionary();
        ValueRange? range = options.GetRequiredValue(_ranges).TryGetValue(model, out ValueRange given) ? given : null;
        yield return ModelComparison.OnRandomInput(path, shapes, range);
        if (Samples.Find(path) is { } sample)
        {
            yield return ModelComparison.OnInput(path, "sample", sample);
        }
        if (options.GetValue(_samples) is { } folder && Path.Combine(folder, model + ".npy") is var photo && File.Exists(photo))
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
        with its graph optimisations off, same input, two threads. The measure is the largest difference of a model over its
        largest magnitude, max |a-b| / max |b|, over all its outputs; {ComparisonResult.Limit.ToString("0e+0", CultureInfo.InvariantCulture)} is the limit. "By output" is the same for every output by
        itself, of which the largest. "random" is seeded noise in [-1, 1), or in the named range for models that take pixels of 0 to 255;
        "sample" is a real pre-processed input and "photo" a photograph (a contact sheet of faces of all sizes for YuNet, a scene
        for YOLOX). Where an output by itself passes the limit, both are compared with the naive reference rows, which accumulate
        in double precision ("exact"): ONNX Runtime's sigmoid has an absolute error, which is large beside an output that is all but
        zero (YuNet's scores at a stride that finds nothing). A model that quantizes activations turns differences in the last bit
        of a sum into whole steps; two right runtimes are as far from each other as each is from the exact result. Float16 models are
        compared with the same model in float32, rounded once at the end. Made by:

            /usr/bin/python3 tools/zoo/export.py artifacts/zoo
            /usr/bin/python3 tools/zoo/photo_inputs.py DATA artifacts/photos
            dotnet run -c Release --project tools/Edge.Bench -- accuracy artifacts/zoo tools/zoo/models MODELS --input-shape x=1,3,48,192 --range yolox_nano=0,255 --range yunet_n_320=0,255 --samples artifacts/photos -o docs/accuracy.md

        where MODELS is a folder of trained models and DATA one of photographs; these are not part of the repository.


        """ + table;
}
