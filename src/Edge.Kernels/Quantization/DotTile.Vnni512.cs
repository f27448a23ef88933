using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>AVX-512 VNNI, inputs of 0 to 127: 8 pixels by 32 channels (<see cref="VnniCode"/>).</summary>
internal readonly unsafe struct DotTileVnni512U7 : IDotTile
{
    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    public static int InputOffset => 0;

    public static void Multiply(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) =>
        DotTileVnni512.Multiply(VnniProducts.Positive, pixels, x, offsets, runs, runCount, w, finish);
}

/// <summary>AVX-512 VNNI, any inputs: 128 is added to them, which the bias takes off again.</summary>
internal readonly unsafe struct DotTileVnni512 : IDotTile
{
    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    public static int InputOffset => 128;

    public static void Multiply(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) =>
        Multiply(VnniProducts.Shifted, pixels, x, offsets, runs, runCount, w, finish);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(VnniProducts products, int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
    {
        int vectors = finish.Channels > VnniCode.Lanes ? 2 : 1;
        int* sums = stackalloc int[VnniCode.MostPixels * 2 * VnniCode.Lanes];
        var call = new VnniCall { X = x, Offsets = offsets, Runs = runs, RunsEnd = runs + runCount, W = w, Bias = finish.Bias, Sums = sums };
        VnniCode.Program(products, pixels, vectors)(&call);
        if (vectors == 2)
        {
            DotFinishAvx512.StoreTwo(pixels, sums, finish);
        }
        else
        {
            DotFinishAvx512.StoreOne(pixels, sums, finish);
        }
    }
}

/// <summary>Rescales and stores the sums of a tile.</summary>
internal static unsafe class DotFinishAvx512
{
    /// <param name="sums">(pixels, 16)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreOne(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> multipliers = Vector512.Load(finish.Multipliers), zero = Vector512.Create(finish.Zero);
        Vector512<int> low = Vector512.Create(finish.Low - finish.Zero), high = Vector512.Create(finish.High - finish.Zero);
        sbyte* y = finish.Y;
        int channels = finish.Channels;
        for (int i = 0; i < pixels; i++)
        {
            Store(Rescaling.Scale(Vector512.Load(sums), multipliers), low, high, zero, y, channels);
            sums += 16;
            y += finish.PixelStride;
        }
    }

    /// <param name="sums">(pixels, 32)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreTwo(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> m0 = Vector512.Load(finish.Multipliers), m1 = Vector512.Load(finish.Multipliers + 16), zero = Vector512.Create(finish.Zero);
        Vector512<int> low = Vector512.Create(finish.Low - finish.Zero), high = Vector512.Create(finish.High - finish.Zero);
        sbyte* y = finish.Y;
        int channels = finish.Channels - 16;
        for (int i = 0; i < pixels; i++)
        {
            Store(Rescaling.Scale(Vector512.Load(sums), m0), low, high, zero, y, 16);
            Store(Rescaling.Scale(Vector512.Load(sums + 16), m1), low, high, zero, y + 16, channels);
            sums += 32;
            y += finish.PixelStride;
        }
    }

    /// <summary>Clamps before the zero point is added, so that nothing overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<int> scaled, Vector512<int> low, Vector512<int> high, Vector512<int> zero, sbyte* y, int channels)
    {
        Vector128<sbyte> bytes = Avx512F.ConvertToVector128SByte(Avx512F.Add(Avx512F.Min(Avx512F.Max(scaled, low), high), zero));
        if (channels == 16)
        {
            bytes.Store(y);
        }
        else
        {
            Avx512BW.VL.MaskStore(y, Vector128.LessThan(Vector128<sbyte>.Indices, Vector128.Create((sbyte)channels)), bytes);
        }
    }
}
