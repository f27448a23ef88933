using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>How a long filter along a line is cut: every so many positions, the stride, a phase of its own, each in pieces of four taps.</summary>
internal readonly struct WinogradLine(QuantConvProblem problem)
{
    /// <summary>Fewest taps that are worth it.</summary>
    private const int LeastTaps = 8;

    /// <summary>Vectors that are loaded and stored to transform the inputs of a tile, and its results.</summary>
    private const double InputVectors = 40;
    private const double OutputVectors = 30;

    public int Phases { get; } = problem.Window.Stride.W;

    /// <summary>Pieces of a phase.</summary>
    public int Pieces { get; } = (((problem.Window.Kernel.W + problem.Window.Stride.W - 1) / problem.Window.Stride.W) + WinogradLineTransform.Side - 1) / WinogradLineTransform.Side;

    /// <summary>Tiles of four outputs, of which the last may reach beyond.</summary>
    public int Tiles { get; } = (problem.Output.W + WinogradLineTransform.Side - 1) / WinogradLineTransform.Side;

    public int Runs => Phases * Pieces;

    /// <summary>Columns of the input that tiles read.</summary>
    public int ReadWidth => checked((((WinogradLineTransform.Side * (Tiles + Pieces - 2)) + WinogradLineTransform.Points) * Phases));

    /// <summary>Whether the sums of every output channel stay below 2^28 in magnitude, and the rest of what the algorithm asks for.</summary>
    public static bool Fits(QuantConvProblem problem) =>
        problem.IsChannelsLast && problem.IsBytes && problem.Groups == 1 && problem.WeightSum < (1L << 28) / 128
        && problem.Input.H == 1 && problem.Output.H == 1 && problem.Window.Kernel.H == 1 && problem.Window.PadBegin.H == 0
        && problem.Window.Kernel.W >= LeastTaps && problem.Window.Stride.W <= 2 && problem.Window.Dilation.W == 1
        && (new WinogradLine(problem).ReadWidth + 1L) * (problem.InChannels + 64L) < int.MaxValue / 16;

    /// <summary>Estimated time: products of 16 bits with their weights, and the transforms.</summary>
    public static double Cost<TTile, TWords, TInts>(QuantConvProblem problem, CostModel model)
        where TTile : struct, IDotTile
        where TWords : struct, IWordLanes<TWords>
        where TInts : struct, IIntLanes<TInts>
    {
        var line = new WinogradLine(problem);
        double depth = WinogradWords.RoundUp(problem.InChannels, TWords.Count);
        double channels = WinogradWords.RoundUp(problem.OutChannels, TTile.Lanes);
        double weights = WinogradLineTransform.Points * line.Runs * depth * channels;
        double products = (WinogradWords.RoundUp(line.Tiles, TTile.MostPixels) * weights / (TTile.PerFloat * model.MultiplyAdds)) + (weights * sizeof(short) / model.WeightBytes);
        double transforms = line.Tiles * ((depth * line.Phases / TWords.Count * InputVectors) + (channels / TInts.Count * OutputVectors)) / model.VectorOperations;
        return problem.Batch * (products + transforms);
    }
}
