using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>AVX-512 VNNI, inputs of 0 to 127: 8 pixels by 32 channels (<see cref="VnniCode"/>).</summary>
internal readonly unsafe struct DotTileVnni512U7 : IDotTile
{
    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    public static int LaneOf(int channel, int count) => DotTileVnni512.LaneOf(channel, count);

    public static int InputOffset => 0;

    public static void Multiply(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) =>
        DotTileVnni512.Multiply(VnniProducts.Positive, pixels, x, offsets, runs, runCount, w, finish);
}

/// <summary>AVX-512 VNNI, any inputs: 128 is added to them, which the bias takes off again.</summary>
internal readonly unsafe struct DotTileVnni512 : IDotTile
{
    /// <summary>What shifting the inputs costs: little.</summary>
    public const double ShiftCost = 1.03;

    /// <summary>Multiply-adds of bytes where the model counts one of float32.</summary>
    private const double BytesPerFloat = 4;

    public static int MostPixels => VnniCode.MostPixels;

    public static int Lanes => 2 * VnniCode.Lanes;

    /// <summary>Packing two vectors takes four sums of each in turns.</summary>
    public static int LaneOf(int channel, int count) =>
        count > VnniCode.Lanes ? ((channel & 4) * (VnniCode.Lanes / 4)) + (channel / 8 * 4) + (channel & 3) : channel;

    public static int InputOffset => 128;

    public static void Multiply(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) =>
        Multiply(VnniProducts.Shifted, pixels, x, offsets, runs, runCount, w, finish);

    /// <summary>Estimated time: products, and sums of 32 channels that are rescaled and stored.</summary>
    public static double Cost(QuantConvProblem problem, CostModel model)
    {
        double channels = (double)((problem.GroupOutChannels + VnniCode.Lanes - 1) / VnniCode.Lanes * VnniCode.Lanes) * problem.Groups;
        double positions = (double)problem.Batch * problem.Output.Count;
        return (positions * channels * problem.Taps / (BytesPerFloat * model.MultiplyAdds)) + (positions * channels / Lanes * 4 / model.VectorOperations);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(VnniProducts products, int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
    {
        int vectors = finish.Channels > VnniCode.Lanes ? 2 : 1;
        int* sums = stackalloc int[VnniCode.MostPixels * 2 * VnniCode.Lanes];
        var call = new VnniCall { X = x, Offsets = offsets, Runs = runs, RunsEnd = runs + runCount, W = w, Bias = finish.Bias, Sums = sums };
        VnniCode.Program(products, pixels, vectors)(&call);
        DotFinishVnni.Store(pixels, vectors, sums, finish);
    }
}

/// <summary>
/// Rescales and stores the sums of a tile. Programs compiled ahead of time for AVX2 run on processors with AVX-512 as well, but have no
/// functions for it: the 256-bit forms are theirs.
/// </summary>
internal static unsafe class DotFinishVnni
{
    /// <param name="sums">(pixels, 16 * vectors), those of two vectors in the order of <see cref="DotTileVnni512.LaneOf"/></param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int pixels, int vectors, int* sums, in DotFinish finish)
    {
        switch (vectors)
        {
            case 1 when Avx512BW.IsSupported:
                StoreOne(pixels, sums, finish);
                break;
            case 1:
                StoreOne256(pixels, sums, finish);
                break;
            case 2 when Avx512BW.IsSupported:
                StoreTwo(pixels, sums, finish);
                break;
            default:
                StoreTwo256(pixels, sums, finish);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne256(int pixels, int* sums, in DotFinish finish)
    {
        for (int i = 0; i < pixels; i++, sums += VnniCode.Lanes)
        {
            DotFinishAvx2.Store(Vector256.Load(sums), Vector256.Load(sums + 8), finish, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTwo256(int pixels, int* sums, in DotFinish finish)
    {
        int* m = finish.Multipliers;
        Vector256<int> m0 = Vector256.Load(m), m1 = Vector256.Load(m + 8), m2 = Vector256.Load(m + 16), m3 = Vector256.Load(m + 24);
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector256<sbyte> low = Vector256.Create((sbyte)finish.Low), high = Vector256.Create((sbyte)finish.High);
        sbyte* y = finish.Y;
        for (int i = 0; i < pixels; i++, sums += 2 * VnniCode.Lanes)
        {
            Vector256<short> a = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums), m0), Rescaling.Scale(Vector256.Load(sums + 16), m2));
            Vector256<short> b = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums + 8), m1), Rescaling.Scale(Vector256.Load(sums + 24), m3));
            Vector256<long> packed = Avx2.PackSignedSaturate(Avx2.AddSaturate(a, zero), Avx2.AddSaturate(b, zero)).AsInt64();
            Vector256<sbyte> bytes = Avx2.Min(Avx2.Max(Avx2.Permute4x64(packed, 0b11_01_10_00).AsSByte(), low), high);
            if (finish.Channels == 2 * VnniCode.Lanes)
            {
                bytes.Store(y);
            }
            else
            {
                // A copy: a vector whose address is taken would stay in memory.
                Vector256<sbyte> rest = bytes;
                DotStore.Partial((sbyte*)&rest, y, finish.Channels);
            }
            y += finish.PixelStride;
        }
    }

    /// <param name="sums">(pixels, 16)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> m = Vector512.Load(finish.Multipliers), odd = Rescaling.Odd(m), zero = Vector512.Create(finish.Zero);
        Vector512<int> low = Vector512.Create(finish.Low - finish.Zero), high = Vector512.Create(finish.High - finish.Zero);
        Vector128<sbyte> exist = Vector128.LessThan(Vector128<sbyte>.Indices, Vector128.Create((sbyte)finish.Channels));
        sbyte* y = finish.Y;
        for (int i = 0; i < pixels; i++)
        {
            // Clamped before the zero point is added, so that nothing overflows.
            Vector512<int> clamped = Avx512F.Min(Avx512F.Max(Rescaling.Scale(Vector512.Load(sums), m, odd), low), high);
            Avx512BW.VL.MaskStore(y, exist, Avx512F.ConvertToVector128SByte(Avx512F.Add(clamped, zero)));
            sums += 16;
            y += finish.PixelStride;
        }
    }

    /// <param name="sums">(pixels, 32), in the order of <see cref="DotTileVnni512.LaneOf"/></param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTwo(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> m0 = Vector512.Load(finish.Multipliers), m1 = Vector512.Load(finish.Multipliers + 16), odd0 = Rescaling.Odd(m0), odd1 = Rescaling.Odd(m1);
        Vector512<short> zero = Vector512.Create((short)finish.Zero);
        Vector256<sbyte> low = Vector256.Create((sbyte)finish.Low), high = Vector256.Create((sbyte)finish.High);
        Vector256<sbyte> exist = Vector256.LessThan(Vector256<sbyte>.Indices, Vector256.Create((sbyte)finish.Channels));
        sbyte* y = finish.Y;
        for (int i = 0; i < pixels; i++)
        {
            Vector512<short> both = Avx512BW.PackSignedSaturate(Rescaling.Scale(Vector512.Load(sums), m0, odd0), Rescaling.Scale(Vector512.Load(sums + 16), m1, odd1));
            Vector256<sbyte> bytes = Avx512BW.ConvertToVector256SByteWithSaturation(Avx512BW.AddSaturate(both, zero));
            bytes = Avx2.Min(Avx2.Max(bytes, low), high);
            if (finish.Channels == 32)
            {
                bytes.Store(y);
            }
            else
            {
                Avx512BW.VL.MaskStore(y, exist, bytes);
            }
            sums += 32;
            y += finish.PixelStride;
        }
    }
}
