using System.Reflection;
using System.Security.Cryptography;
using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Verify;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;
using Edge.Runtime.Signals;

namespace Edge.Convert;

/// <summary>
/// ONNX to .edge: import, legalize, compute the golden sample, optimize, plan, compare with the golden
/// sample, write. The same input gives the same bytes.
/// </summary>
public static class Converter
{
    /// <summary>A change of the golden sample, as part of the largest output, that is worth a warning.</summary>
    private const double MuchChange = 0.1;

    /// <exception cref="EdgeException">A file cannot be read or written.</exception>
    /// <exception cref="ConversionException">The model cannot be converted; holds every problem found.</exception>
    public static ConversionResult Convert(ConvertOptions options)
    {
        options.Progress?.Report("reading");
        var warnings = new List<string>();
        Graph graph = Import(options, warnings);
        CheckAgainstInputs(options, graph, warnings);
        IReadOnlyList<Tensor[]> samples = options.Int8?.ReadSamples([.. graph.Inputs.Select(v => v.Info)]) ?? [];
        var before = ModelSummary.Of(graph);
        PassLog legalized = PassPipeline.Required.Run(graph);
        RequireKernels(graph, options.ModelPath);
        ReleaseUnused();
        options.Progress?.Report("computing the golden sample");
        GoldenAttempt golden = GoldenSampler.Create(graph, options.GoldenInputs);
        options.Progress?.Report("optimizing");
        (graph, golden, QuantizationOutcome? quantization, QuantizationReport? report) = Quantize(graph, golden, samples, options, warnings);
        PassLog log = options.Optimize || quantization is not null || options.Dynamic is not null ? PassPipeline.Default.Run(graph) : legalized;
        warnings.AddRange(legalized.Notices.Concat(log.Notices).Select(n => n.Text).Distinct());
        ReleaseUnused();
        (golden, double? weightError) = CompressWeights(graph, golden, options, warnings);
        (golden, DynamicOutcome? dynamic) = QuantizeInRun(graph, golden, options, warnings);
        options.Progress?.Report("planning");
        (long arena, double? error) = Verify(graph, golden.Sample, options, warnings);
        var model = new ModelFile
        {
            Graph = graph,
            Labels = options.Labels,
            Image = options.Image,
            Signal = options.Signal,
            Goldens = golden.Sample is { } sample ? [sample] : [],
            Provenance = Describe(options),
        };
        options.Progress?.Report("writing");
        if (options.PairsPath is { } pairs && quantization?.Pairs is { } proto)
        {
            OnnxFile.Write(proto, pairs);
        }
        return new ConversionResult
        {
            Model = model,
            Before = before,
            After = ModelSummary.Of(graph),
            Passes = log,
            Quantization = quantization,
            Dynamic = dynamic,
            Report = report,
            WeightError = weightError,
            Warnings = warnings,
            ArenaBytes = arena,
            GoldenError = error,
            WhyNoGolden = golden.WhyNot,
            FileBytes = Write(model, options),
        };
    }

    /// <summary>
    /// Gives back the memory of a finished stage: weights live outside the managed heap, so the collector does not see by
    /// itself how much it could free.
    /// </summary>
    private static void ReleaseUnused()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }

    private static Graph Import(ConvertOptions options, List<string> warnings)
    {
        ImportResult imported = OnnxImporter.Import(options.ModelPath, new ImportOptions { InputShapes = options.InputShapes, Constants = options.Constants });
        warnings.AddRange(imported.Warnings);
        return imported.Graph;
    }

    /// <summary>Preprocessing has to make what input 0 takes; labels should be as many as there are classes.</summary>
    private static void CheckAgainstInputs(ConvertOptions options, Graph graph, List<string> warnings)
    {
        if (options.Image is { } image)
        {
            if (graph.Inputs.Count != 1)
            {
                throw new EdgeException(EdgeError.BadInputFile, $"the preprocessing makes one input, the model has {graph.Inputs.Count}", "leave --preprocess out", options.ModelPath);
            }
            var made = new ImagePreprocessor(image);
            if (graph.Inputs[0].Info.KnownShape != made.Shape)
            {
                throw new EdgeException(
                    EdgeError.BadInputFile,
                    $"the preprocessing makes {made.Shape}, the input '{graph.Inputs[0].Name}' is {graph.Inputs[0].Info}",
                    "correct width, height, channels or layout in the --preprocess file, or give --input-shape",
                    options.ModelPath);
            }
        }
        if (options.Signal is { } signal && (graph.Inputs.Count != 1 || !graph.Inputs[0].Info.KnownShape.Dims.Contains(signal.Window)))
        {
            throw new EdgeException(
                EdgeError.BadInputFile,
                $"the preprocessing makes windows of {signal.Window} samples, the model takes {string.Join(", ", graph.Inputs.Select(v => v.Info))}",
                "correct window in the --preprocess file, or give --input-shape",
                options.ModelPath);
        }
        if (options.Labels.Count > 0 && graph.Outputs[0].Info.Shape is { Rank: > 0 } output && !output.Dims.Contains(options.Labels.Count))
        {
            warnings.Add($"{options.Labels.Count} labels are given, output 0 '{graph.Outputs[0].Name}' is {graph.Outputs[0].Info}");
        }
    }

    /// <summary>Every node has to have a kernel; all that have none are reported together.</summary>
    private static void RequireKernels(Graph graph, string file)
    {
        var problems = new List<EdgeException>();
        foreach (Node node in graph.Nodes.Where(n => n.Operator.ViewOf is null && n.Inputs.All(i => i is null or { Info.IsKnown: true }) && n.Outputs.All(o => o.Info.IsKnown)))
        {
            var request = new KernelRequest(new OperatorInputs(node.Inputs, node.Outputs.Count), [.. node.Outputs.Select(o => o.Info)], KernelQuery.Reference);
            try
            {
                node.Operator.CreateKernel(request).Kernel.Dispose();
            }
            catch (NotSupportedException exception)
            {
                problems.Add(new EdgeException(EdgeError.NoKernel, exception.Message, place: node.Place, inner: exception));
            }
            catch (EdgeException exception)
            {
                problems.Add(exception.At(node.Place));
            }
        }
        if (problems.Count > 0)
        {
            throw new ConversionException(file, problems);
        }
    }

    /// <summary>Plans the optimized graph for this machine and runs the golden sample, where there is one, on it.</summary>
    private static (long ArenaBytes, double? GoldenError) Verify(Graph graph, GoldenSample? golden, ConvertOptions options, List<string> warnings)
    {
        // One run does not repay transformed weights, and a converter has to get by with little memory.
        ExecutionPlan plan = Planner.Plan(graph, KernelQuery.Default with { Compact = true });
        if (golden is null)
        {
            plan.Dispose();
            return (plan.ArenaBytes, null);
        }
        using var session = new InferenceSession(plan, new SessionOptions { Threads = 1 });
        options.Progress?.Report("comparing with the golden sample");
        GoldenOutcome outcome = GoldenCheck.Run(session, [golden])[0];
        if (!outcome.Passed)
        {
            warnings.Add($"the converted model differs from the imported one on the golden sample: largest |a-b| / max|b| is {outcome.Error:G3}, more than {golden.Tolerance:G3}");
        }
        return (plan.ArenaBytes, outcome.Error);
    }

    /// <summary>The graph in integers where that is asked for or it was quantized elsewhere, with a golden sample of its own.</summary>
    private static (Graph Graph, GoldenAttempt Golden, QuantizationOutcome? Outcome, QuantizationReport? Report) Quantize(
        Graph graph, GoldenAttempt golden, IReadOnlyList<Tensor[]> samples, ConvertOptions options, List<string> warnings)
    {
        if (options.Int8 is { } int8)
        {
            (Graph quantized, QuantizationOutcome outcome) = Quantizer.Run(graph, int8 with { EmitPairs = options.PairsPath is not null }, samples, options.Progress);
            QuantizationReport? report = int8.Report ? ReportBuilder.Build(graph, outcome, samples, options.Progress) : null;
            options.Progress?.Report("computing the golden sample");
            GoldenAttempt calibrated = options.GoldenInputs is { } given
                ? GoldenSampler.CreateQuantized(quantized, "given", [.. given.Select(GoldenInput.Of)], outcome.IsExact)
                : GoldenSampler.CreateCalibrated(quantized, samples, outcome.IsExact);
            return (quantized, calibrated, outcome, report);
        }
        if (!options.Optimize || Quantizer.Import(graph) is not { } imported)
        {
            return (graph, golden, null, null);
        }
        if (golden.Sample is { } original)
        {
            GoldenAttempt quantized = GoldenSampler.CreateQuantized(imported.Graph, original.Name, original.Inputs, imported.Outcome.IsExact);
            WarnOfDifference(quantized.ErrorFrom(golden), warnings);
            golden = quantized;
        }
        return (imported.Graph, golden, imported.Outcome, null);
    }

    /// <summary>Makes weights smaller, where that is asked for; the golden sample becomes what the smaller weights compute.</summary>
    private static (GoldenAttempt Golden, double? Error) CompressWeights(Graph graph, GoldenAttempt golden, ConvertOptions options, List<string> warnings)
    {
        if (options.Weights.Format == WeightFormat.Float32)
        {
            return (golden, null);
        }
        WeightCompressor.Run(graph, options.Weights);
        UniqueNames.Apply(graph);
        GraphValidator.Validate(graph);
        if (golden.Sample is not { } original)
        {
            return (golden, null);
        }
        GoldenAttempt again = GoldenSampler.Again(graph, original);
        double? error = again.ErrorFrom(golden);
        if (error > MuchChange)
        {
            warnings.Add(FormattableString.Invariant($"weights kept as {options.Weights} change the golden sample by {error:G2} of the largest output: measure with edge-convert compare, or keep more bits"));
        }
        return (again, error);
    }

    /// <summary>Lets products quantize their input in the run, where that is asked for; the golden sample becomes what they compute.</summary>
    private static (GoldenAttempt Golden, DynamicOutcome? Outcome) QuantizeInRun(Graph graph, GoldenAttempt golden, ConvertOptions options, List<string> warnings)
    {
        if (options.Dynamic is not { } dynamic)
        {
            return (golden, null);
        }
        options.Progress?.Report("quantizing");
        DynamicOutcome outcome = DynamicQuantizer.Run(graph, dynamic);
        if (outcome.Quantized.Count == 0)
        {
            warnings.Add("no product is quantized in the run: the summary says why");
        }
        if (golden.Sample is not { } original)
        {
            return (golden, outcome);
        }
        GoldenAttempt again = GoldenSampler.CreateQuantized(graph, original.Name, original.Inputs, isExact: false);
        double? error = again.ErrorFrom(golden);
        if (error > MuchChange)
        {
            warnings.Add(FormattableString.Invariant($"products that quantize their input in the run change the golden sample by {error:G2} of the largest output: measure with edge-convert compare, keep nodes in float32 with --keep-float, or calibrate"));
        }
        return (again, outcome with { Error = error });
    }

    /// <summary>Quantized elsewhere, computed here: rounding may differ by a step now and then, more is worth a warning.</summary>
    private static void WarnOfDifference(double? error, List<string> warnings)
    {
        if (error > MuchChange)
        {
            warnings.Add($"computed in integers, the model differs from its float32 form on the golden sample: largest |a-b| / max|b| is {error:G3}");
        }
    }

    private static Provenance Describe(ConvertOptions options)
    {
        // The hash reads in small pieces: a large buffer saves the system calls.
        using var file = new FileStream(options.ModelPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        string version = typeof(Converter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
        return new Provenance
        {
            Writer = $"edge-convert {version}",
            Source = Path.GetFileName(options.ModelPath),
            SourceSha256 = System.Convert.ToHexStringLower(SHA256.HashData(file)),
        };
    }

    private static long Write(ModelFile model, ConvertOptions options)
    {
        if (options.OutputPath is not { } path)
        {
            return 0;
        }
        EdgeWriter.Write(model, path, new WriteOptions { SigningKeyPem = options.SigningKeyPem });
        return new FileInfo(path).Length;
    }
}
