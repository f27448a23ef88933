using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Convert;

/// <summary>A golden sample, or the reason why there is none.</summary>
internal readonly record struct GoldenAttempt(GoldenSample? Sample, string? WhyNot)
{
    public static GoldenAttempt None(string reason) => new(null, reason);
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

    /// <summary>Most bytes of inputs and outputs together.</summary>
    private const long MaxBytes = 4 << 20;

    private const ulong Seed = 1;

    /// <param name="inputs">Given inputs, which are computed whatever that takes; null = random ones from a fixed seed.</param>
    /// <exception cref="EdgeException">Given inputs do not fit the graph, or cannot be computed.</exception>
    public static GoldenAttempt Create(Graph graph, IReadOnlyList<Tensor>? inputs)
    {
        if (inputs is not null)
        {
            return Compute(Planner.Plan(graph, GoldenBudget.KernelsFor(graph)), inputs, "given");
        }
        if ((TooLarge(BytesOf(graph)) ?? GoldenBudget.WhyNot(graph)) is { } known)
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
            return Compute(plan, [.. graph.Inputs.Select((v, i) => RandomInputs.Create(v.Info, Seed + (ulong)i))], "random");
        }
        catch (EdgeException exception)
        {
            // The model may be right: made-up values can be illegal indexes or shapes, or ask for too much memory.
            return GoldenAttempt.None($"made-up input cannot be computed ({exception.Message}); give input with --golden");
        }
    }

    /// <summary>
    /// The sample of a quantized graph, by the naive kernels. Where all is computed in integers a device has to show the same bits.
    /// </summary>
    public static GoldenAttempt CreateQuantized(Graph graph, IReadOnlyList<Tensor> inputs, bool isExact)
    {
        if (TooLarge(BytesOf(graph)) is { } reason)
        {
            return GoldenAttempt.None(reason);
        }
        GoldenAttempt attempt = Compute(Planner.Plan(graph, KernelQuery.Default with { Features = CpuFeatures.Simd128 }), inputs, "given");
        return attempt with { Sample = attempt.Sample is { } sample ? sample with { Name = "calibration", Tolerance = isExact ? 0 : QuantizedTolerance } : null };
    }

    private static GoldenAttempt Compute(ExecutionPlan plan, IReadOnlyList<Tensor> inputs, string name)
    {
        var options = new SessionOptions { Threads = 1 };
        using var session = new InferenceSession(plan, name == "given" ? options : options with { MaxArenaBytes = GoldenBudget.MaxArenaBytes });
        Tensor[] outputs = session.Run(inputs);
        return TooLarge(inputs.Sum(t => t.Bytes) + outputs.Sum(t => t.Bytes)) is { } reason
            ? GoldenAttempt.None(reason)
            : new GoldenAttempt(new GoldenSample(name, inputs, outputs, Tolerance), null);
    }

    private static long BytesOf(Graph graph) => graph.Inputs.Sum(v => v.Info.Bytes) + graph.Outputs.Sum(v => v.Info.IsKnown ? v.Info.Bytes : 0);

    private static string? TooLarge(long bytes) => bytes > MaxBytes ? $"it would take {Quantity.Bytes(bytes)} of the file, at most {Quantity.Bytes(MaxBytes)} are spent" : null;
}
