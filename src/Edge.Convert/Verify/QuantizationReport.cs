using Edge.Convert.Quantize;

namespace Edge.Convert.Verify;

/// <summary>What quantization did to a model, layer by layer.</summary>
public sealed record QuantizationReport
{
    /// <summary>Nodes of the float32 graph in order of computation.</summary>
    public required IReadOnlyList<LayerReport> Layers { get; init; }

    /// <summary>Float32, what was written, and between them the most sensitive nodes in 16 bits and in float32.</summary>
    public required IReadOnlyList<ParetoPoint> Pareto { get; init; }

    /// <summary>The written model (B) beside float32 (A) on the samples.</summary>
    public required ModelComparison Comparison { get; init; }

    /// <summary>How often the largest element of output 0 moved from one index to another, most often first.</summary>
    public required IReadOnlyList<(int From, int To, int Count)> Confusions { get; init; }
}

/// <summary>One node.</summary>
/// <param name="Precision"><c>int8</c>, <c>int16</c> or <c>float32</c>.</param>
/// <param name="Why">Why it has that precision.</param>
/// <param name="Snr">Signal to noise of its result in the quantized model against float32, in decibels: its own noise and what came in; null for results in float32.</param>
/// <param name="ErrorShare">Its part of the noise in the outputs, by the noise that each node alone makes; null in float32.</param>
/// <param name="Range">What calibration saw of the result and chose; null where nothing was chosen.</param>
public sealed record LayerReport(string Node, string Kind, string Precision, string Why, double? Snr, double? ErrorShare, RangeReport? Range);

/// <summary>The range of a value.</summary>
/// <param name="Min">Least value seen.</param>
/// <param name="Max">Greatest value seen.</param>
/// <param name="Low">Least value that is represented.</param>
/// <param name="High">Greatest value that is represented.</param>
/// <param name="Histogram">Counts of equally wide bins from <paramref name="Min"/> to <paramref name="Max"/>.</param>
public sealed record RangeReport(float Min, float Max, double Low, double High, RangeMethod Method, float Scale, int Zero, IReadOnlyList<long> Histogram);

/// <summary>A model between float32 and integers.</summary>
/// <param name="Float32Nodes">Nodes moved back to float32; null for the float32 model.</param>
/// <param name="Int16Nodes">Nodes with integers of 16 bits; null for the float32 model.</param>
/// <param name="Snr">Signal to noise of the outputs in decibels, all alike.</param>
/// <param name="Agreement">Share of samples with the largest element of float32.</param>
/// <param name="Top1">Share of right answers; null where they are not known.</param>
/// <param name="Milliseconds">Median of one inference on one thread.</param>
/// <param name="WeightBytes">Bytes of all constants.</param>
public sealed record ParetoPoint(string Name, int? Float32Nodes, int? Int16Nodes, double Snr, double Agreement, double? Top1, double Milliseconds, long WeightBytes);
