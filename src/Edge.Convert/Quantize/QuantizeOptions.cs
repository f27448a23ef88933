using Edge.Kernels.Tensors;

namespace Edge.Convert.Quantize;

/// <summary>How the range of an activation is found from what calibration observed.</summary>
public enum RangeMethod
{
    /// <summary>For every tensor the one of the others with the best ratio of signal to quantization noise.</summary>
    Best = 0,

    /// <summary>Least and greatest value observed.</summary>
    MinMax = 1,

    /// <summary>Mean over the samples of least and greatest value.</summary>
    MovingAverage = 2,

    /// <summary>From the 0.01 to the 99.99 percentile.</summary>
    Percentile = 3,

    /// <summary>The range whose quantized distribution loses least information (Kullback-Leibler divergence; Migacz, GTC 2017).</summary>
    Entropy = 4,

    /// <summary>The range with the least mean squared error.</summary>
    Mse = 5,
}

/// <summary>What to quantize with.</summary>
public sealed record QuantizeOptions
{
    /// <summary>In <see cref="Words"/>: every node.</summary>
    public const string All = "all";

    /// <summary>Reads samples of real input for a model with these inputs: for each sample one tensor per input.</summary>
    public required Func<IReadOnlyList<TensorInfo>, IReadOnlyList<Tensor[]>> ReadSamples { get; init; }

    public RangeMethod Method { get; init; }

    /// <summary>What quantization may cost; null = anything.</summary>
    public Budget? Budget { get; init; }

    /// <summary>Reads the right class of each of so many samples, -1 where one is not known, or nothing; null where they are not known.</summary>
    public Func<int, IReadOnlyList<long>>? ReadClasses { get; init; }

    /// <summary>Reads what output 0, described, should be for each of so many samples; null where that is not known.</summary>
    public Func<int, TensorInfo, IReadOnlyList<float[]>>? ReadTargets { get; init; }

    /// <summary>Whether to measure every layer for a report; that takes as long as quantizing with a budget.</summary>
    public bool Report { get; init; }

    /// <summary>Whether to make the float32 graph with pairs of QuantizeLinear and DequantizeLinear, for other runtimes.</summary>
    public bool EmitPairs { get; init; }

    /// <summary>Names of nodes that compute with integers of 16 bits; <see cref="All"/> stands for every node.</summary>
    public IReadOnlySet<string> Words { get; init; } = new HashSet<string>();

    /// <summary>Names of nodes that stay in float32.</summary>
    public IReadOnlySet<string> Keep { get; init; } = new HashSet<string>();
}
