using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>What 3x3 windows by integer F(4, 3) ask for, and what they cost.</summary>
internal static class WinogradPlane
{
    /// <summary>Vectors that are loaded and stored to transform the inputs of a tile.</summary>
    private const double InputVectors = 110;

    /// <summary>The same for its results.</summary>
    private const double OutputVectors = 140;

    /// <summary>Fewest tiles of a batch: all weights are read for each batch.</summary>
    private const int FewestTiles = 24;

    /// <summary>Whether the sums of every output channel stay below 2^25 in magnitude, and the rest of what the algorithm asks for.</summary>
    public static bool Fits(QuantConvProblem problem) =>
        problem.IsChannelsLast && problem.IsBytes && problem.Groups == 1 && problem.WeightSum < (1L << 25) / 128
        && problem.Window.Kernel == new Extent(1, 3, 3) && problem.Window.Stride == Extent.One && problem.Window.Dilation == Extent.One;

    /// <summary>Estimated time: products of 16 bits with their weights, and the transforms.</summary>
    public static double Cost<TProducts>(QuantConvProblem problem, CostModel model) where TProducts : struct, IWinogradProducts
    {
        var tiling = new WinogradTiling(problem.Output.H, problem.Output.W);
        double depth = WinogradWords.RoundUp(problem.InChannels, TProducts.Words);
        double channels = WinogradWords.RoundUp(problem.OutChannels, WinogradWords.Vector);
        double transforms = tiling.Count * ((depth / TProducts.Words * InputVectors) + (channels / TProducts.Ints * OutputVectors)) / model.VectorOperations;
        return problem.Batch * (TProducts.Time(model, tiling.Count, depth, channels) + transforms);
    }

    /// <summary>Tiles of which transformed inputs and products are kept at a time.</summary>
    public static int BatchTiles<TProducts>(QuantConvProblem problem, WinogradTiling tiling) where TProducts : struct, IWinogradProducts
    {
        long depth = WinogradWords.RoundUp(problem.InChannels, TProducts.Words);
        long channels = WinogradWords.RoundUp(problem.OutChannels, TProducts.Lanes);
        long most = Math.Max(FewestTiles, TProducts.BatchBytes / (WinogradTiling.Points * ((depth * sizeof(short)) + (channels * sizeof(int)))));
        return WinogradBatch.Tiles(tiling.Count, most, TProducts.MostTiles);
    }
}

/// <summary>Tiles of 4x4 outputs, of which those at the end may reach beyond.</summary>
internal readonly struct WinogradTiling(int height, int width)
{
    /// <summary>Outputs of a tile along an axis.</summary>
    public const int Side = 4;

    /// <summary>Inputs of a tile along an axis.</summary>
    public const int Reads = Side + 2;

    public const int Points = Reads * Reads;

    private readonly int _columns = (width + Side - 1) / Side;

    public int Count { get; } = checked((height + Side - 1) / Side * ((width + Side - 1) / Side));

    /// <summary>Rows of the padded input that tiles read.</summary>
    public int ReadHeight { get; } = ((height + Side - 1) / Side * Side) + 2;

    public int ReadWidth { get; } = ((width + Side - 1) / Side * Side) + 2;

    /// <summary>The first output of a tile.</summary>
    public (int Row, int Column) Position(int tile) => (tile / _columns * Side, tile % _columns * Side);
}
