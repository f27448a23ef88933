using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>What integer Winograd asks of a processor: products of 16-bit integers, whose sums wrap around, and the two transforms.</summary>
internal unsafe interface IWinogradProducts
{
    /// <summary>Most tiles of one call of <see cref="Multiply"/>.</summary>
    static abstract int MostTiles { get; }

    /// <summary>Output channels of a group: 16, or 32 of which a last group of up to 16 has weights for 16 only.</summary>
    static abstract int Lanes { get; }

    /// <summary>Input channels that are transformed at a time: their number is filled up to a multiple.</summary>
    static abstract int Words { get; }

    /// <summary>Output channels that are transformed at a time.</summary>
    static abstract int Ints { get; }

    /// <summary>Transformed inputs and products of one batch: most of a second-level cache.</summary>
    static abstract long BatchBytes { get; }

    /// <summary>Estimated time of the products.</summary>
    /// <param name="depth">Input channels, filled up.</param>
    /// <param name="channels">Output channels, filled up.</param>
    static abstract double Time(CostModel model, int tiles, double depth, double channels);

    /// <summary>As <see cref="IDotTile.LaneOf"/>.</summary>
    static abstract int LaneOf(int channel, int count);

    /// <summary>As <see cref="IDotTile.Place"/>.</summary>
    static abstract void Place(sbyte* run, int lanes, int lane, int at, short weight);

    /// <summary>As <see cref="WinogradTransform.Input"/>.</summary>
    static abstract void Input(sbyte* x, long row, long channels, int depth, short* v, long step);

    /// <summary>As <see cref="WinogradTransform.Output"/>.</summary>
    static abstract void Output(int* m, long step, int* bias, int* sums, int width);

    /// <summary>Sums of products at one point.</summary>
    /// <param name="tiles">1 to <see cref="MostTiles"/>.</param>
    /// <param name="x">Transformed inputs of the first tile.</param>
    /// <param name="offsets">Bytes from <paramref name="x"/> to each of <see cref="MostTiles"/> tiles; those beyond <paramref name="tiles"/> are read and dropped.</param>
    /// <param name="runs">All input channels; along a line, those of all pieces of a filter.</param>
    /// <param name="w">As <see cref="Place"/> puts them.</param>
    /// <param name="finish">Where the sums go: (tiles, lanes of the group) 32-bit integers; those of channels that do not exist are zeros.</param>
    static abstract void Multiply(int tiles, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish);
}

/// <summary>The products of many tiles.</summary>
internal static unsafe class WinogradCalls
{
    /// <summary><see cref="IWinogradProducts.Multiply"/> for any number of tiles, in calls of alike size.</summary>
    /// <param name="tileBytes">Bytes from tile to tile of the transformed inputs.</param>
    [SkipLocalsInit]
    public static void Multiply<TProducts>(int tiles, int tileBytes, sbyte* x, DotRun* runs, int runCount, sbyte* w, DotFinish finish)
        where TProducts : struct, IWinogradProducts
    {
        int* offsets = stackalloc int[TProducts.MostTiles];
        for (int calls = (tiles + TProducts.MostTiles - 1) / TProducts.MostTiles; calls > 0; calls--)
        {
            int now = (tiles + calls - 1) / calls;
            for (int i = 0; i < TProducts.MostTiles; i++)
            {
                offsets[i] = Math.Min(i, now - 1) * tileBytes;
            }
            TProducts.Multiply(now, x, offsets, runs, runCount, w, finish);
            x += (long)now * tileBytes;
            finish.Y += now * finish.PixelStride;
            tiles -= now;
        }
    }
}

/// <summary>Products by a register tile for inputs of 16 bits.</summary>
/// <typeparam name="TTile">Of groups of 16 output channels.</typeparam>
internal readonly unsafe struct WinogradTile<TTile, TWords, TInts> : IWinogradProducts
    where TTile : struct, IDotTile
    where TWords : struct, IWordLanes<TWords>
    where TInts : struct, IIntLanes<TInts>
{
    /// <summary>Input channels whose products take as long as a call does besides.</summary>
    private const double CallDepth = 8;

    public static int MostTiles => TTile.MostPixels;

    public static int Lanes => TTile.Lanes;

    public static int Words => TWords.Count;

    public static int Ints => TInts.Count;

    public static long BatchBytes => 384 * 1024;

    /// <summary>Products wait for weights that come from memory.</summary>
    public static double Time(CostModel model, int tiles, double depth, double channels) =>
        WinogradTiling.Points * channels
        * ((WinogradWords.RoundUp(tiles, MostTiles) * (depth + CallDepth) / (TTile.PerFloat * model.MultiplyAdds)) + (depth * sizeof(short) / model.WeightBytes));

    public static int LaneOf(int channel, int count) => TTile.LaneOf(channel, count);

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => TTile.Place(run, lanes, lane, at, weight);

    public static void Input(sbyte* x, long row, long channels, int depth, short* v, long step) => WinogradTransform.Input<TWords>(x, row, channels, depth, v, step);

    public static void Output(int* m, long step, int* bias, int* sums, int width) => WinogradTransform.Output<TInts>(m, step, bias, sums, width);

    public static void Multiply(int tiles, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) =>
        TTile.Multiply<DotUnscaled>(tiles, x, offsets, runs, runCount, w, finish);
}

/// <summary>AVX-512 VNNI: vpdpwssd. Machine code stores the sums where they belong.</summary>
internal readonly unsafe struct WinogradVnni512 : IWinogradProducts
{
    public static int MostTiles => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    public static int Words => I16x32.Count;

    public static int Ints => I32x16.Count;

    public static long BatchBytes => 768 * 1024;

    /// <summary>Two products of 16 bits where the model counts one of float32.</summary>
    public static double Time(CostModel model, int tiles, double depth, double channels)
    {
        double weights = WinogradTiling.Points * depth * channels;
        return model.Time(tiles * weights / 2, weights * sizeof(short));
    }

    public static int LaneOf(int channel, int count) => DotTileVnni512.LaneOf(channel, count);

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => DotPairs.Place(run, lanes, lane, at, weight);

    public static void Input(sbyte* x, long row, long channels, int depth, short* v, long step) => WinogradTransform.Input<I16x32>(x, row, channels, depth, v, step);

    public static void Output(int* m, long step, int* bias, int* sums, int width) => WinogradTransform.Output<I32x16>(m, step, bias, sums, width);

    [SkipLocalsInit]
    public static void Multiply(int tiles, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
    {
        var call = new VnniCall { X = x, Offsets = offsets, Runs = runs, RunsEnd = runs + runCount, W = w, Bias = finish.Bias, Sums = (int*)finish.Y };
        VnniCode.Program(VnniProducts.Words, tiles, finish.Channels > VnniCode.Lanes ? 2 : 1)(&call);
    }
}
