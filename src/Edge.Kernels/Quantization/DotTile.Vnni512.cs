using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>AVX-512 VNNI, inputs of 0 to 127: 8 pixels by 32 channels (<see cref="VnniCode"/>).</summary>
internal readonly unsafe struct DotTileVnni512U7 : IDotTile
{
    public static double PerFloat => 4;

    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    public static int LaneOf(int channel, int count) => DotTileVnni512.LaneOf(channel, count);

    public static int InputOffset => 0;

    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd =>
        DotTileVnni512.Multiply<TEnd>(VnniProducts.Positive, pixels, x, offsets, runs, runCount, w, finish);
}

/// <summary>AVX-512 VNNI, inputs of 16 bits: vpdpwssd.</summary>
internal readonly unsafe struct DotTileVnni512Words : IDotTile
{
    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    public static int LaneOf(int channel, int count) => DotTileVnni512.LaneOf(channel, count);

    public static int InputOffset => 0;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => DotPairs.Place(run, lanes, lane, at, weight);

    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd =>
        DotTileVnni512.Multiply<TEnd>(VnniProducts.Words, pixels, x, offsets, runs, runCount, w, finish);
}

/// <summary>AVX-512 VNNI, any inputs: 128 is added to them, which the bias takes off again.</summary>
internal readonly unsafe struct DotTileVnni512 : IDotTile
{
    /// <summary>What shifting the inputs costs: little.</summary>
    public const double ShiftCost = 1.03;

    public static double PerFloat => 4;

    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    /// <summary>Packing two vectors takes four sums of each in turns.</summary>
    public static int LaneOf(int channel, int count) =>
        count > VnniCode.Lanes ? ((channel & 4) * (VnniCode.Lanes / 4)) + (channel / 8 * 4) + (channel & 3) : channel;

    public static int InputOffset => 128;

    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd =>
        Multiply<TEnd>(VnniProducts.Shifted, pixels, x, offsets, runs, runCount, w, finish);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TEnd>(
        VnniProducts products, int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        int vectors = finish.Channels > VnniCode.Lanes ? 2 : 1;
        int* sums = stackalloc int[VnniCode.MostPixels * 2 * VnniCode.Lanes];
        var call = new VnniCall { X = x, Offsets = offsets, Runs = runs, RunsEnd = runs + runCount, W = w, Bias = finish.Bias, Sums = sums };
        VnniCode.Program(products, pixels, vectors)(&call);
        TEnd.Store(pixels, vectors, sums, finish);
    }
}
