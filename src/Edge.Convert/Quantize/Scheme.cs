using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>How the integers of a tensor stand for its values: real = Scale * (q - Zero). 8 bits (s8), or 16 (s16, <see cref="Words"/>).</summary>
/// <param name="Scale">Positive.</param>
/// <param name="Zero">In [-128, 127]; 0 for 16 bits.</param>
internal sealed record Scheme(float Scale, int Zero)
{
    /// <summary>Integers of 16 bits use [-Limit, Limit], so that the sums of all products with them fit 32 bits; 0 for 8 bits.</summary>
    public int Limit { get; init; }

    /// <summary>A scheme of 16 bits.</summary>
    /// <param name="limit">1 to 32767.</param>
    public static Scheme Words(float scale, int limit) => new(scale, 0) { Limit = limit };

    public bool IsWords => Limit > 0;

    public DataType Type => IsWords ? DataType.S16 : DataType.S8;

    public int Low => IsWords ? -Limit : sbyte.MinValue;

    public int High => IsWords ? Limit : sbyte.MaxValue;

    /// <summary>The integer for a real number.</summary>
    public int Quantize(double real) => (int)Math.Clamp(Math.Round(real / Scale, MidpointRounding.ToEven) + Zero, Low, High);

    public double Real(int integer) => Scale * (double)(integer - Zero);

    /// <summary>A result of this scheme that an activation clamps.</summary>
    public QuantResult Result(Activation activation) => activation.Kind switch
    {
        ActivationKind.Relu => Result(Zero, High),
        ActivationKind.Clip => Result(Quantize(activation.Alpha), Math.Max(Quantize(activation.Alpha), Quantize(activation.Beta))),
        _ => Result(Low, High),
    };

    private QuantResult Result(int low, int high) => new(Scale, Zero, low, high) { Type = Type };
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

    /// <summary>Whether what lies between float32 nodes becomes integers as well, where it would cost more time than it saves: to measure its noise.</summary>
    public bool HasIslands { get; set; }

    /// <summary>Names of nodes that stay in float32.</summary>
    public HashSet<string> Keep { get; } = [];

    /// <summary>Names of nodes whose inputs and results are integers of 16 bits.</summary>
    public HashSet<string> Words { get; } = [];

    /// <summary>Those of them that are heads (<see cref="OutputHeads"/>).</summary>
    public HashSet<string> Heads { get; } = [];

    /// <summary>Scales that were chosen for the weights of a node, one per output channel: plans of one calibration share them.</summary>
    public Dictionary<Node, float[]> ChosenScales { get; init; } = [];

    /// <summary>The integers for them, likewise: they do not depend on the schemes of what lies between the layers.</summary>
    public Dictionary<Node, RoundedWeights> Rounded { get; init; } = [];

    /// <summary>Names other nodes that stay in float32, and that get 16 bits.</summary>
    public void Choose(IEnumerable<string> keep, IEnumerable<string> words)
    {
        Keep.Clear();
        Keep.UnionWith(keep);
        Words.Clear();
        Words.UnionWith(words);
    }
}
