using System.Runtime.InteropServices;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>A run of input bytes that a window reads at one offset from its first byte, in groups of four.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DotRun(int Offset, int Quads);

/// <summary>
/// The register tile of convolution: some pixels by a group of output channels. Four input bytes at a time, which are four 8-bit integers or two of
/// 16 bits, are multiplied with as many weights of each lane and summed in 32 bits.
/// </summary>
internal unsafe interface IDotTile
{
    /// <summary>Most pixels of one call.</summary>
    static abstract int MostPixels { get; }

    /// <summary>Output channels of a group: 16, or 32 of which a last group of up to 16 has weights for 16 only.</summary>
    static virtual int Lanes => 16;

    /// <summary>Multiply-adds where the model of costs counts one of float32, as measured.</summary>
    static virtual double PerFloat => 1;

    /// <summary>The lane of a group that sums for a channel of it.</summary>
    /// <param name="channel">Within the group.</param>
    /// <param name="count">Channels that the group has.</param>
    static virtual int LaneOf(int channel, int count) => channel;

    /// <summary>Puts a weight where the tile reads it.</summary>
    /// <param name="run">All weights of a run.</param>
    /// <param name="lanes">Lanes of a group of output channels.</param>
    /// <param name="at">Number of the input in the run.</param>
    /// <param name="weight">8 bits, or up to 16 where the inputs have 16 and the sums are allowed to wrap around.</param>
    static virtual void Place(sbyte* run, int lanes, int lane, int at, short weight) => DotQuads.Place(run, lanes, lane, at, weight);

    /// <summary>What the tile adds to each input byte; its products with the weights are taken off the bias.</summary>
    static abstract int InputOffset { get; }

    /// <summary>Computes one tile.</summary>
    /// <typeparam name="TEnd">What becomes of its sums: part of the compiled tile, which asks nothing.</typeparam>
    /// <param name="pixels">1 to <see cref="MostPixels"/>.</param>
    /// <param name="offsets"><see cref="MostPixels"/> offsets of pixels in the input; those beyond <paramref name="pixels"/> are read and dropped.</param>
    /// <param name="w">(sum of quads, lanes, 4) bytes, as <see cref="Place"/> puts them.</param>
    static abstract void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd;
}

/// <summary>Weights for inputs of 8 bits, a lane's four of a group side by side.</summary>
internal static unsafe class DotQuads
{
    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => run[(((at / 4 * lanes) + lane) * 4) + (at % 4)] = (sbyte)weight;
}

/// <summary>What rows of register tiles cost, where others compete with them.</summary>
internal static class DotCost
{
    private const int Vector = 16;

    /// <summary>Estimated time: products, and sums of 32 channels that are rescaled and stored.</summary>
    public static double Of<TTile>(QuantConvProblem problem, CostModel model) where TTile : struct, IDotTile
    {
        double channels = (double)((problem.GroupOutChannels + Vector - 1) / Vector * Vector) * problem.Groups;
        double positions = (double)problem.Batch * problem.Output.Count;
        return (positions * channels * problem.Taps / (TTile.PerFloat * model.MultiplyAdds)) + (positions * channels / (2 * Vector) * 4 / model.VectorOperations);
    }
}
