using Edge.Bench.Machine;
using Edge.Runtime.Execution;

namespace Edge.Bench.Layers;

/// <summary>
/// The least time that the machine needs for a layer: the longer of operations / peak and bytes / bandwidth. Weights come from
/// wherever all that the model touches fits (a large model streams them from memory in every inference), activations from
/// wherever the layer's own fit.
/// </summary>
/// <param name="peak">The machine with the number of threads that the layer ran with.</param>
/// <param name="modelBytes">Weights and arena of the model.</param>
public sealed class Roofline(MachinePeak peak, long modelBytes)
{
    /// <summary>Milliseconds; direct algorithms are counted, so a Winograd row may be faster.</summary>
    public double Milliseconds(LayerTime layer)
    {
        double compute = layer.MultiplyAdds * 2 / peak.Gflops;
        double move = (layer.ConstantBytes / peak.BandwidthFor(modelBytes)) + (layer.ActivationBytes / peak.BandwidthFor(layer.ActivationBytes));
        return Math.Max(compute, move) / 1e6;
    }
}
