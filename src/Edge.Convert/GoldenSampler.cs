using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Convert;

/// <summary>A golden sample with all of its outputs, or the reason why there is none.</summary>
internal readonly record struct GoldenAttempt(GoldenSample? Sample, IReadOnlyList<Tensor> Outputs, string? WhyNot)
{
    public static GoldenAttempt None(string reason) => new(null, [], reason);

    /// <summary>Largest |a-b| / max|b| of the outputs from those of another attempt; null where one of the two has none.</summary>
    public double? ErrorFrom(GoldenAttempt expected) =>
        Sample is null || expected.Sample is null ? null : Outputs.Zip(expected.Outputs, GoldenCheck.RelativeError).Max();
}

/// <summary>
/// Makes the golden sample: inputs, and the outputs computed for them before any optimization. Small models are computed by
/// the naive kernels, large ones by the 128-bit rows: both are the same on every machine that fuses multiply and add. A
/// conversion must not hang on a small file with huge tensors, so made-up inputs are computed only within
/// <see cref="GoldenBudget"/>.
/// </summary>
internal static class GoldenSampler
{
    /// <summary>Largest |a-b| / max|b| that a device may show: float rows add in other orders.</summary>
    public const float Tolerance = 1e-3f;

    /// <summary>The same for models that are partly float32: a difference in the last digit can become a step of an integer.</summary>
    private const float QuantizedTolerance = 0.05f;

    /// <summary>Most bytes of stored inputs.</summary>
    private const long MaxStoredBytes = 4 << 20;

    /// <summary>Real samples are stored where they are at most this part of the weights; else made-up ones take their place.</summary>
    private const int SampleShare = 32;

    private const string Generated = "random";

    private const ulong Seed = 1;

    /// <param name="inputs">Given inputs, which are computed whatever that takes; null = made-up ones from a fixed seed.</param>
    /// <exception cref="EdgeException">Given inputs do not fit the graph, or cannot be computed.</exception>
    public static GoldenAttempt Create(Graph graph, IReadOnlyList<Tensor>? inputs)
    {
        if (inputs is not null)
        {
            return TooLarge(inputs) ?? Compute(Planner.Plan(graph, GoldenBudget.KernelsFor(graph)), [.. inputs.Select(GoldenInput.Of)], "given", Tolerance);
        }
        if (GoldenBudget.WhyNot(graph) is { } known)
        {
            return GoldenAttempt.None(known);
        }
        ExecutionPlan plan = Planner.Plan(graph, GoldenBudget.KernelsFor(graph));
        if (GoldenBudget.WhyNot(plan) is { } planned)
        {
            plan.Dispose();
            return GoldenAttempt.None(planned);
        }
        try
        {
            return Compute(plan, [.. graph.Inputs.Select((v, i) => new GoldenInput(v.Info, null, new GeneratedValues(Seed + (ulong)i)))], Generated, Tolerance);
        }
        catch (EdgeException exception)
        {
            // The model may be right: made-up values can be illegal indexes or shapes, or ask for too much memory.
            return GoldenAttempt.None($"made-up input cannot be computed ({exception.Message}); give input with --golden");
        }
    }

    /// <summary>The sample for another form of the graph, of the same inputs.</summary>
    public static GoldenAttempt Again(Graph graph, GoldenSample sample) => Compute(Planner.Plan(graph, GoldenBudget.KernelsFor(graph)), sample.Inputs, sample.Name, sample.Tolerance);

    /// <summary>
    /// The sample of a quantized graph, by the 128-bit rows, and integers by <see cref="GoldenBudget.QuantizedKernelsFor"/>. Where all is computed in integers a
    /// device has to show the same bits.
    /// </summary>
    public static GoldenAttempt CreateQuantized(Graph graph, string name, IReadOnlyList<GoldenInput> inputs, bool isExact) =>
        Compute(Planner.Plan(graph, GoldenBudget.QuantizedKernelsFor(graph)), inputs, name, isExact ? 0 : QuantizedTolerance);

    /// <summary>
    /// The sample of a graph that was quantized over <paramref name="samples"/>: the first of them where the file hardly grows by it, else
    /// made-up values in the range of each input over all of them. Integers are stored: they may be indexes.
    /// </summary>
    public static GoldenAttempt CreateCalibrated(Graph graph, IReadOnlyList<Tensor[]> samples, bool isExact)
    {
        long weights = graph.Values().Sum(v => v.Constant?.Bytes ?? 0);
        bool isStored = samples[0].Sum(t => t.Bytes) <= weights / SampleShare || graph.Inputs.Any(v => !v.Info.Type.IsFloat());
        if (isStored && TooLarge(samples[0]) is { } attempt)
        {
            return attempt;
        }
        GoldenInput[] inputs = isStored
            ? [.. samples[0].Select(GoldenInput.Of)]
            : [.. graph.Inputs.Select((v, i) => new GoldenInput(v.Info, null, WithinRange(samples, i)))];
        return CreateQuantized(graph, isStored ? "calibration" : Generated, inputs, isExact);
    }

    private static GeneratedValues WithinRange(IReadOnlyList<Tensor[]> samples, int input)
    {
        double low = 0;
        double high = 0;
        foreach (double value in samples.SelectMany(s => s[input].ToDouble()).Where(double.IsFinite))
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }
        return new GeneratedValues(Seed + (ulong)input, (float)Math.Max(low, float.MinValue), (float)Math.Min(high, float.MaxValue));
    }

    private static GoldenAttempt Compute(ExecutionPlan plan, IReadOnlyList<GoldenInput> inputs, string name, float tolerance)
    {
        var options = new SessionOptions { Threads = 1 };
        using var session = new InferenceSession(plan, name == Generated ? options with { MaxArenaBytes = GoldenBudget.MaxArenaBytes } : options);
        Tensor[] outputs = session.Run([.. inputs.Select(i => i.Values())]);
        return new GoldenAttempt(new GoldenSample(name, inputs, GoldenSample.OutputsOf(outputs, tolerance), tolerance), outputs, null);
    }

    private static GoldenAttempt? TooLarge(IReadOnlyList<Tensor> inputs)
    {
        long bytes = inputs.Sum(t => t.Bytes);
        return bytes > MaxStoredBytes ? GoldenAttempt.None($"it would take {Quantity.Bytes(bytes)} of the file, at most {Quantity.Bytes(MaxStoredBytes)} are spent") : null;
    }
}
