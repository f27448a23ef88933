using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Edge.Bench.Inference;
using Edge.Bench.Latency;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Convert;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Bench.Int8;

/// <summary>
/// <c>edge-bench int8</c>: models in 8-bit integers, as edge-convert quantizes them, beside ONNX Runtime on QDQ files of the same
/// networks, and beside Edge in float32; in one process, on the same inputs.
/// </summary>
internal sealed class Int8Command : Command
{
    /// <summary>Samples that ranges are observed on: made up, as are the weights of networks for timing.</summary>
    private const int Samples = 2;

    private const ulong FirstSeed = 101;

    private readonly Argument<string[]> _models = BenchOptions.Models();
    private readonly Option<string> _quantized = new("--quantized") { Description = "Folder with the peer's QDQ models, under the names of the float32 models.", HelpName = "DIR", Required = true };
    private readonly Option<int[]> _threads = BenchOptions.Threads();
    private readonly Option<int> _rounds = BenchOptions.Number("--rounds", "Turns that each engine gets.", 8, 1, 10_000);
    private readonly Option<double> _seconds = BenchOptions.Seconds("--seconds", "Length of a turn; at least three runs.", 0.5);
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly BenchReport _report = new();

    public Int8Command()
        : base("int8", "Times Edge in 8-bit integers beside ONNX Runtime in 8-bit integers.")
    {
        Arguments.Add(_models);
        foreach (Option option in new Option[] { _quantized, _threads, _rounds, _seconds, _shapes })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string[] paths = [.. result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand)];
        string folder = result.GetRequiredValue(_quantized);
        if (Array.Find(paths, p => !File.Exists(PeerPath(folder, p))) is { } missing)
        {
            throw new EdgeException(EdgeError.BadInputFile, "there is no QDQ model for the peer", "quantize the model with another tool under the same name", PeerPath(folder, missing));
        }
        int[] threads = result.GetRequiredValue(_threads);
        MachineReport machine = MachineReport.Measure(threads, BenchOptions.CommandLine(result));
        var rows = new List<Int8Row>();
        foreach (string path in paths)
        {
            rows.AddRange(Measure(result, path, threads));
            ModelFiles.ReleaseUnused();
        }
        _report.Write(result, "int8", $"{machine.ToMarkdown()}\n{Int8Table.Of(rows)}", new Int8Json(machine, [.. rows]), BenchJson.Default.Int8Json);
        return 0;
    }

    private List<Int8Row> Measure(ParseResult result, string path, int[] threads)
    {
        Dictionary<string, Shape> shapes = result.GetRequiredValue(_shapes);
        Graph real = ModelFiles.Load(path, shapes);
        (Graph integers, double share) = Quantize(path, shapes);
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(real);
        TensorInfo[] outputs = [.. real.Outputs.Select(o => o.Info)];
        long work = ModelSummary.Of(real).MultiplyAdds;
        var rows = new List<Int8Row>();
        foreach (int count in threads)
        {
            var engines = new List<IInference>();
            try
            {
                engines.Add(new EdgeInference(integers, inputs, count));
                engines.Add(new OrtInference(PeerPath(result.GetRequiredValue(_quantized), path), inputs, outputs, count, spinning: false));
                engines.Add(new EdgeInference(real, inputs, count));
                Series[] series = SideBySide.Measure(engines, result.GetValue(_rounds), TimeSpan.FromSeconds(result.GetValue(_seconds)));
                rows.Add(new Int8Row(ModelFiles.NameOf(path), count, work, share, series[0], series[1], series[2]));
                Announce(rows[^1]);
            }
            finally
            {
                engines.ForEach(e => e.Dispose());
            }
        }
        return rows;
    }

    /// <summary>The model as edge-convert writes it in integers, read back from the file, and that file's share of the ONNX file.</summary>
    private static (Graph Graph, double FileShare) Quantize(string path, Dictionary<string, Shape> shapes)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("edge-bench-");
        try
        {
            string file = Path.Combine(folder.FullName, "int8.edge");
            string[] names = ModelComparison.InputNames(path);
            ConversionResult converted = Converter.Convert(new ConvertOptions
            {
                ModelPath = path,
                OutputPath = file,
                InputShapes = shapes.Where(p => names.Contains(p.Key)).ToDictionary(),
                Int8 = new QuantizeOptions { ReadSamples = MakeSamples },
            });
            return (ModelFiles.Load(file, shapes), (double)converted.FileBytes / new FileInfo(path).Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Tensor[][] MakeSamples(IReadOnlyList<TensorInfo> inputs) =>
        [.. Enumerable.Range(0, Samples).Select(s => inputs.Select((info, i) => RandomInputs.Create(info, FirstSeed + (ulong)((s * inputs.Count) + i))).ToArray())];

    private static string PeerPath(string folder, string path) => Path.Combine(folder, Path.GetFileName(path));

    /// <summary>A line on stderr while the rest is still running.</summary>
    private static void Announce(Int8Row row) => Console.Error.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Model,-24} {row.Threads} thread(s)  Edge {row.Edge.Median,9:F3} ms  {row.Peer.Name} {row.Peer.Median,9:F3} ms  ratio {row.RatioOfMedians:F3} (of minima {row.RatioOfMinima:F3})  of float32 {row.ToReal:F3}"));
}
