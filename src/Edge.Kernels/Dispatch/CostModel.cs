using System.Globalization;

namespace Edge.Kernels.Dispatch;

/// <summary>
/// What work costs on a processor, for choosing between rows that solve the same problem. Only ratios matter.
/// </summary>
/// <param name="MultiplyAdds">Float32 multiply-adds per nanosecond of one core in a register tile.</param>
/// <param name="VectorOperations">Loads and stores of eight floats, with the arithmetic between them, per nanosecond.</param>
/// <param name="WeightBytes">Bytes of weights per nanosecond that stream through once per inference.</param>
public sealed record CostModel(double MultiplyAdds, double VectorOperations, double WeightBytes)
{
    /// <summary>A core with two 256-bit multiply-adds per cycle, near 3 GHz.</summary>
    public static readonly CostModel Avx2 = new(45, 1.7, 20);

    /// <summary>The same with 512-bit registers: as fast where a core has one such unit in place of two, and less bound by decoding.</summary>
    public static readonly CostModel Avx512 = new(48, 1.8, 20);

    /// <summary>A small core with one or two 128-bit multiply-adds per cycle, near 2 GHz, and a narrow memory.</summary>
    public static readonly CostModel Simd128 = new(9, 0.7, 6);

    /// <summary>What the knob <c>EDGE_COST</c> gives, as <c>edge-bench rows --fit</c> prints it; null where it is not set.</summary>
    public static CostModel? Fitted { get; } = Knobs.Cost.Value.Length == 0 ? null : Parse(Knobs.Cost.Value);

    /// <summary>Reads <c>MultiplyAdds,VectorOperations,WeightBytes</c>.</summary>
    /// <exception cref="ArgumentException">Not three positive numbers.</exception>
    public static CostModel Parse(string text)
    {
        double[] parts = [.. text.Split(',').Select(t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && double.IsFinite(v) && v > 0 ? v : -1)];
        return parts.Length == 3 && parts.All(v => v > 0)
            ? new CostModel(parts[0], parts[1], parts[2])
            : throw new ArgumentException($"{Knobs.Cost.Name}: '{text}' is not three positive numbers such as 45,1.6,16");
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{MultiplyAdds:0.##},{VectorOperations:0.###},{WeightBytes:0.##}");

    /// <summary>Nanoseconds of work whose multiply-adds hide the streaming of its weights, or the other way round.</summary>
    public double Time(double multiplyAdds, double weightBytes) => Math.Max(multiplyAdds / MultiplyAdds, weightBytes / WeightBytes);
}
