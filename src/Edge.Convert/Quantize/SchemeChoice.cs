using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>
/// Decides by the noise in the outputs over the samples what single tensors cannot tell: whether heads stay in float32, whether channels are equalized, and
/// whether values that dense convolutions read get 7 bits, which AVX2 multiplies fastest, or 8.
/// </summary>
internal static class SchemeChoice
{
    /// <summary>Samples on which outputs are compared.</summary>
    private const int MostSamples = 64;

    /// <summary>Signal to noise of the outputs in decibels from which 7 bits do.</summary>
    private const double EnoughForSevenBits = 35;

    /// <summary>Decibels that 8 bits, or equalized channels, have to gain.</summary>
    private const double WorthIt = 1;

    /// <summary>The plan with the least noise; <paramref name="graph"/> has other weights where channels were equalized.</summary>
    /// <exception cref="Edge.Runtime.Diagnostics.EdgeException">There are no samples, or the graph cannot compute them.</exception>
    public static (SchemePlan Plan, IReadOnlyList<CalibratedValue> Values, bool Equalized) Run(
        Graph graph, QuantizeOptions options, IReadOnlyList<Tensor[]> samples, IProgress<string>? progress)
    {
        Calibrator plain = Calibrator.Run(graph, options, samples, progress);
        progress?.Report("choosing bits");
        var noise = new OutputNoise(graph, [.. samples.Take(MostSamples)]);
        HeadNodes heads = OutputHeads.Find(graph, plain.Choose(sevenBits: false).Plan, noise);
        double Snr(Calibrator calibrator, bool sevenBits) => noise.Snr(Int8Builder.Build(graph, calibrator.Choose(sevenBits, heads).Plan).Graph);

        double plainSnr = Snr(plain, sevenBits: false);
        Calibrator chosen = plain;
        double snr = plainSnr;
        var equalizer = ChannelEqualizer.Apply(graph, plain.ChannelMagnitudes);
        if (equalizer.HasChanges)
        {
            Calibrator equalized = Calibrator.Run(graph, options, samples, progress);
            snr = Snr(equalized, sevenBits: false);
            if (snr < plainSnr + WorthIt)
            {
                equalizer.Undo();
                snr = plainSnr;
            }
            else
            {
                chosen = equalized;
            }
        }
        double seven = Snr(chosen, sevenBits: true);
        (SchemePlan plan, IReadOnlyList<CalibratedValue> values) = chosen.Choose(seven >= EnoughForSevenBits || seven > snr - WorthIt, heads);
        return (plan, values, equalizer.HasChanges);
    }
}
