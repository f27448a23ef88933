using System.CommandLine;
using Edge.Commands;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Convert.Cli;

/// <summary>The command line of <c>edge-convert</c>.</summary>
internal sealed class ConvertCommand : RootCommand
{
    private readonly Argument<string> _model = new("MODEL.onnx") { Description = "The model to convert." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "File to write; by default the model's name with .edge.", HelpName = "MODEL.edge" };

    private readonly Option<KeyValuePair<string, Shape>[]> _shapes = new("--input-shape")
    {
        Description = "Fixes the shape of an input; repeat for several.",
        HelpName = "NAME=1,3,224,224",
        CustomParser = Assignments.ParseShapes,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<KeyValuePair<string, string>[]> _constants = new("--constant")
    {
        Description = "Turns an input into a constant; repeat for several.",
        HelpName = "NAME=FILE.npy",
        CustomParser = Assignments.ParseFiles,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _labels = new("--labels") { Description = "Class names, one per line.", HelpName = "FILE" };
    private readonly Option<string> _preprocess = new("--preprocess") { Description = "How images or signals become the input; see docs/cli.md.", HelpName = "FILE.json" };
    private readonly Option<string> _sign = new("--sign") { Description = "Signs the result with this ECDSA private key.", HelpName = "KEY.pem" };
    private readonly Option<string[]> _golden = new("--golden") { Description = "Inputs of the golden sample, one .npy per input in graph order; by default made up.", HelpName = "FILE.npy", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _int8 = new("--int8") { Description = "Quantize to 8-bit integers; needs --calibrate or --dynamic." };
    private readonly Option<bool> _dynamic = new("--dynamic") { Description = "With --int8, products quantize their input in each run by the range that it has; needs no samples." };
    private readonly Option<string> _calibrate = new("--calibrate") { Description = "Samples of real input for --int8: a folder of images, .npy files or WFDB records, a .npy or .npz stack, or a recording.", HelpName = "DIR|FILE.npy|FILE.npz|RECORD" };

    private readonly Option<string> _method = new Option<string>("--method") { Description = "How --int8 finds ranges; by default the best per tensor.", HelpName = "best|minmax|average|percentile|entropy|mse" }
        .AcceptOnlyFromAmong("best", "minmax", "average", "percentile", "entropy", "mse");

    private readonly Option<string[]> _keep = new("--keep-float") { Description = "A node that stays in float32; repeat for several.", HelpName = "NODE", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _words = new("--int16") { Description = "A node that computes with integers of 16 bits, or all; repeat for several.", HelpName = "NODE|all", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _weights = new("--weights") { Description = "Keeps weights small in the file and computes in float32; GROUP weights share a scale.", HelpName = "f16|int8[:GROUP]|int4[:GROUP]" };
    private readonly Option<string> _budget = new("--budget") { Description = "What --int8 may cost on the samples: points of top-1 or F1, mean squared error, or least signal to noise. Sensitive nodes get 16 bits, then float32.", HelpName = "top1:0.5|f1:0.5|mse:0.001|snr:25" };
    private readonly Option<string> _classes = new("--expected") { Description = "The right class of each calibration sample, for --budget: integers, one per line, or a .npy vector.", HelpName = "FILE" };
    private readonly Option<string> _targets = new("--targets") { Description = "What output 0 should be for each calibration sample: then --budget mse:ERROR bounds what --int8 adds to the error of float32.", HelpName = "FILE.npy" };
    private readonly Option<string> _pairs = new("--emit-qdq") { Description = "With --int8, also writes an ONNX model with the same integers between QuantizeLinear and DequantizeLinear, for other runtimes.", HelpName = "FILE.onnx" };
    private readonly Option<string> _report = new("--report") { Description = "With --int8, writes what became of every layer, and why, as one HTML file; with --json the same goes into the JSON.", HelpName = "FILE.html" };
    private readonly Option<bool> _check = new("--check") { Description = "Only check the model and list problems; write nothing." };
    private readonly Option<bool> _noOptimize = new("--no-optimize") { Description = "Leave out all passes that the runtime does not need." };
    private readonly Option<bool> _explain = new("--explain") { Description = "List what the passes rewrote, and what not and why." };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    public ConvertCommand()
        : base("Converts an ONNX model into an .edge file.")
    {
        Arguments.Add(_model);
        foreach (Option option in new Option[] { _output, _shapes, _constants, _labels, _preprocess, _golden, _sign, _weights, _int8, _dynamic, _calibrate, _method, _keep, _words, _budget, _classes, _targets, _pairs, _report, _check, _noOptimize, _explain, _json })
        {
            Options.Add(option);
        }
        Subcommands.Add(new CompareCommand());
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        bool json = result.GetValue(_json);
        string model = result.GetRequiredValue(_model);
        try
        {
            ConvertOptions options = ReadOptions(result);
            ConversionResult conversion;
            using (var stages = new Stages())
            {
                conversion = Converter.Convert(options with { Progress = stages });
            }
            if (result.GetValue(_report) is { } html && conversion is { Quantization: { } outcome, Report: { } layers })
            {
                HtmlReport.Write(html, options, conversion, outcome, layers);
            }
            var report = new ConversionReport(options, conversion);
            Console.Out.Write(json ? report.ToJson() : report.ToText(result.GetValue(_explain)));
            foreach (string warning in conversion.Warnings)
            {
                CommandLineApp.Warn(warning);
            }
            return 0;
        }
        catch (ConversionException exception)
        {
            return Refuse(model, exception.Problems, json, result);
        }
        catch (EdgeException exception) when (exception.Error != EdgeError.BadOption)
        {
            return Refuse(model, [exception], json, result);
        }
    }

    private static int Refuse(string model, IReadOnlyList<EdgeException> problems, bool json, ParseResult result)
    {
        if (json)
        {
            Console.Out.Write(ConversionReport.ProblemsToJson(model, problems));
        }
        if (problems.Count > 1)
        {
            Console.Error.WriteLine($"{model}: {problems.Count} problems, nothing is written");
        }
        foreach (EdgeException problem in problems)
        {
            CommandLineApp.Report(problem, CommandLineApp.IsVerbose(result));
        }
        return CommandLineApp.Failed;
    }

    private ConvertOptions ReadOptions(ParseResult result)
    {
        string model = result.GetRequiredValue(_model);
        string output = result.GetValue(_output) ?? Path.ChangeExtension(model, ".edge");
        if (Path.GetFullPath(output) == Path.GetFullPath(model))
        {
            throw new EdgeException(EdgeError.BadOption, "the output is the model itself", "give another file with -o", output);
        }
        var options = new ConvertOptions
        {
            ModelPath = model,
            OutputPath = result.GetValue(_check) ? null : output,
            InputShapes = Assignments.ToDictionary("--input-shape", result.GetValue(_shapes) ?? []),
            Constants = Assignments.ToDictionary("--constant", result.GetValue(_constants) ?? []).ToDictionary(p => p.Key, p => NpyFile.Read(p.Value), StringComparer.Ordinal),
            Labels = result.GetValue(_labels) is { } labels ? LabelFile.Read(labels) : [],
            Optimize = !result.GetValue(_noOptimize),
            GoldenInputs = result.GetValue(_golden) is { Length: > 0 } files ? [.. files.Select(NpyFile.Read)] : null,
            SigningKeyPem = result.GetValue(_sign) is { } key ? ReadKey(key) : null,
        };
        if (result.GetValue(_preprocess) is { } path)
        {
            (ImagePreprocessing? image, SignalPreprocessing? signal) = PreprocessFile.Read(path);
            options = options with { Image = image, Signal = signal };
        }
        WeightStorage weights = result.GetValue(_weights) is { } storage ? WeightStorage.Parse(storage) : default;
        if (weights != default && result.GetValue(_int8))
        {
            throw new EdgeException(EdgeError.BadOption, "--int8 makes weights small already", "leave --weights out", "--weights");
        }
        DynamicOptions? dynamic = ReadDynamic(result);
        return options with { Int8 = dynamic is null ? ReadQuantization(result, options) : null, Dynamic = dynamic, PairsPath = result.GetValue(_pairs), Weights = weights };
    }

    private DynamicOptions? ReadDynamic(ParseResult result)
    {
        if (!result.GetValue(_dynamic))
        {
            return null;
        }
        if (!result.GetValue(_int8))
        {
            throw new EdgeException(EdgeError.BadOption, "--dynamic is about --int8", "give both, or neither", "--dynamic");
        }
        foreach (Option option in new Option[] { _calibrate, _method, _words, _budget, _classes, _targets, _pairs, _report })
        {
            if (result.GetResult(option) is not null)
            {
                throw new EdgeException(EdgeError.BadOption, $"--dynamic finds ranges in each run, {option.Name} is about ranges that are found before", $"leave one of --dynamic and {option.Name} out", option.Name);
            }
        }
        return new DynamicOptions { Keep = (result.GetValue(_keep) ?? []).ToHashSet(StringComparer.Ordinal) };
    }

    private QuantizeOptions? ReadQuantization(ParseResult result, ConvertOptions options)
    {
        string? samples = result.GetValue(_calibrate);
        if (result.GetValue(_int8) != samples is not null)
        {
            throw new EdgeException(EdgeError.BadOption, "--int8 and --calibrate belong together", "give both, or --int8 and --dynamic, or neither", samples ?? "--int8");
        }
        string? budget = result.GetValue(_budget);
        string? classes = result.GetValue(_classes);
        string? targets = result.GetValue(_targets);
        if (samples is null && (budget ?? classes ?? targets ?? result.GetValue(_pairs) ?? result.GetValue(_report)) is { } alone)
        {
            throw new EdgeException(EdgeError.BadOption, "--budget, --expected, --targets, --emit-qdq and --report are about --int8", "give --int8 and --calibrate", alone);
        }
        if (samples is null)
        {
            return null;
        }
        Budget? kept = budget is null ? null : Budget.Parse(budget);
        if (targets is not null && kept?.Metric != "mse")
        {
            throw new EdgeException(EdgeError.BadOption, "--targets is about --budget mse:ERROR", "give both, or leave --targets out", targets);
        }
        bool asks = classes is null && (kept?.Metric is "top1" or "f1" || result.GetValue(_report) is not null);
        var calibration = new AnnotatedSamples(samples, options.Image, options.Signal, options.Labels) { WantsClasses = asks };
        return new QuantizeOptions
        {
            Report = result.GetValue(_report) is not null,
            Budget = kept,
            ReadSamples = inputs => calibration.Read(inputs),
            ReadClasses = count => classes is null ? calibration.Classes() : ClassFile.Read(classes, count),
            ReadTargets = targets is null ? null : (count, output) => TargetFile.Read(targets, count, output),
            Method = MethodOf(result.GetValue(_method)),
            Keep = (result.GetValue(_keep) ?? []).ToHashSet(StringComparer.Ordinal),
            Words = (result.GetValue(_words) ?? []).ToHashSet(StringComparer.Ordinal),
        };
    }

    private static RangeMethod MethodOf(string? name) => name switch
    {
        "minmax" => RangeMethod.MinMax,
        "average" => RangeMethod.MovingAverage,
        "percentile" => RangeMethod.Percentile,
        "entropy" => RangeMethod.Entropy,
        "mse" => RangeMethod.Mse,
        _ => RangeMethod.Best,
    };

    private static string ReadKey(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the key cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
    }
}
