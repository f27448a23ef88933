using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>How 8-bit integers (s8) stand for the values of a tensor: real = Scale * (q - Zero).</summary>
/// <param name="Scale">Positive.</param>
/// <param name="Zero">In [-128, 127].</param>
internal sealed record Scheme(float Scale, int Zero)
{
    /// <summary>The integer for a real number.</summary>
    public int Quantize(double real) => (int)Math.Clamp(Math.Round(real / Scale, MidpointRounding.ToEven) + Zero, sbyte.MinValue, sbyte.MaxValue);

    public double Real(int integer) => Scale * (double)(integer - Zero);

    /// <summary>A result of this scheme that an activation clamps.</summary>
    public QuantResult Result(Activation activation) => activation.Kind switch
    {
        ActivationKind.Relu => new QuantResult(Scale, Zero, Zero),
        ActivationKind.Clip => new QuantResult(Scale, Zero, Quantize(activation.Alpha), Math.Max(Quantize(activation.Alpha), Quantize(activation.Beta))),
        _ => new QuantResult(Scale, Zero),
    };
}

/// <summary>Everything that has to be decided before a graph is rewritten in integers.</summary>
internal sealed class SchemePlan
{
    /// <summary>For float32 values that may become integers.</summary>
    public Dictionary<Value, Scheme> Values { get; } = [];

    /// <summary>What schemes were chosen from, where calibration chose them.</summary>
    public Dictionary<Value, CalibratedValue> Calibrated { get; } = [];

    /// <summary>Given scales per output channel of constant weights; others are chosen.</summary>
    public Dictionary<Value, float[]> WeightScales { get; } = [];

    /// <summary>Mean of each channel of a value over the samples, where known: for bias correction.</summary>
    public Dictionary<Value, double[]> ChannelMeans { get; } = [];

    /// <summary>
    /// Whether values with a scheme are rounded and clipped wherever they are read, as the pairs of a QDQ graph do: Relu6 may exist as that only.
    /// </summary>
    public bool Saturates { get; init; }

    /// <summary>Names of nodes that stay in float32.</summary>
    public HashSet<string> Keep { get; } = [];

    /// <summary>Those of them that are heads (<see cref="OutputHeads"/>).</summary>
    public HashSet<string> Heads { get; } = [];

    /// <summary>Scales that were chosen for the weights of a node, one per output channel: plans of one calibration share them.</summary>
    public Dictionary<Node, float[]> ChosenScales { get; init; } = [];
}
