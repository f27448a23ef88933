using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Verify;
using Edge.Runtime.Format;
using Edge.Runtime.Planning;

namespace Edge.Convert;

/// <summary>A finished conversion.</summary>
public sealed record ConversionResult
{
    /// <summary>What was, or would be, written.</summary>
    public required ModelFile Model { get; init; }

    /// <summary>The graph as imported.</summary>
    public required ModelSummary Before { get; init; }

    /// <summary>The graph as written.</summary>
    public required ModelSummary After { get; init; }

    /// <summary>What the passes did, and what they left alone.</summary>
    public required PassLog Passes { get; init; }

    /// <summary>What quantization did; null for float32 models.</summary>
    public QuantizationOutcome? Quantization { get; init; }

    /// <summary>Which products quantize their input in the run; null where that was not asked for.</summary>
    public DynamicOutcome? Dynamic { get; init; }

    /// <summary>Every layer of a quantized model, measured; null where not asked for.</summary>
    public QuantizationReport? Report { get; init; }

    /// <summary>
    /// Largest |a-b| / max|b| that smaller weights cause on the golden sample; null where weights are float32 or there is no sample.
    /// </summary>
    public double? WeightError { get; init; }

    /// <summary>Facts that the user should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Memory for activations that a session on this machine plans, in bytes.</summary>
    public required long ArenaBytes { get; init; }

    /// <summary>
    /// Largest |a-b| / max|b| between the converted model on the fastest kernels and the imported model on the naive ones
    /// (large models: the 128-bit ones), over the golden sample; null where there is none.
    /// </summary>
    public required double? GoldenError { get; init; }

    /// <summary>Why no golden sample is stored; null where one is.</summary>
    public required string? WhyNoGolden { get; init; }

    /// <summary>Size of the file; 0 where nothing was written.</summary>
    public required long FileBytes { get; init; }
}
