using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Convert;

/// <summary>
/// Makes the golden sample: inputs, and the outputs computed for them before any optimization. Small models are computed by
/// the naive kernels, large ones by the 128-bit rows: both are the same on every machine that fuses multiply and add.
/// </summary>
internal static class GoldenSampler
{
    /// <summary>Largest |a-b| / max|b| that a device may show: float rows add in other orders.</summary>
    public const float Tolerance = 1e-3f;

    private const long MaxBytes = 4 << 20;

    /// <summary>The naive kernels would dominate the conversion of models with more multiply-adds than this.</summary>
    private const long MaxNaiveMultiplyAdds = 50_000_000;

    private const ulong Seed = 1;

    /// <summary>The sample, or null with the reason in <paramref name="warnings"/>.</summary>
    /// <param name="inputs">Given inputs; null = random ones from a fixed seed.</param>
    /// <exception cref="EdgeException">Given inputs do not fit the graph, or cannot be computed.</exception>
    public static GoldenSample? Create(Graph graph, IReadOnlyList<Tensor>? inputs, List<string> warnings)
    {
        if (inputs is null && WhyNotAutomatic(graph) is { } reason)
        {
            warnings.Add($"no golden sample is stored: {reason}");
            return null;
        }
        try
        {
            IReadOnlyList<Tensor> given = inputs ?? [.. graph.Inputs.Select((v, i) => RandomInputs.Create(v.Info, Seed + (ulong)i))];
            using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelsFor(graph) });
            Tensor[] outputs = session.Run(given);
            long bytes = given.Sum(t => t.Bytes) + outputs.Sum(t => t.Bytes);
            if (bytes > MaxBytes)
            {
                warnings.Add($"no golden sample is stored: it would take {Quantity.Bytes(bytes)}, more than {Quantity.Bytes(MaxBytes)}");
                return null;
            }
            return new GoldenSample(inputs is null ? "random" : "given", given, outputs, Tolerance);
        }
        catch (EdgeException exception) when (inputs is null && exception.Error == EdgeError.BadValue)
        {
            warnings.Add($"no golden sample is stored: random input is not legal for this model ({exception.Message}); give one with --golden");
            return null;
        }
    }

    private static string? WhyNotAutomatic(Graph graph)
    {
        long bytes = graph.Inputs.Sum(v => v.Info.Bytes) + graph.Outputs.Sum(v => v.Info.IsKnown ? v.Info.Bytes : 0);
        return bytes > MaxBytes ? $"it would take {Quantity.Bytes(bytes)}, more than {Quantity.Bytes(MaxBytes)}" : null;
    }

    private static KernelQuery KernelsFor(Graph graph) =>
        graph.Nodes.Sum(ModelSummary.MultiplyAddsOf) <= MaxNaiveMultiplyAdds ? KernelQuery.Reference : new KernelQuery(CpuFeatures.Simd128);
}
