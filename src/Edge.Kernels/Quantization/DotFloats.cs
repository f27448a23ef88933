using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Scaled to float32: y = min(max(float32(a) * scale + offset, least), most). The conversion, the product and the sum are rounded each, so that
/// every processor gives the same bits.
/// </summary>
internal readonly unsafe struct DotFloats : IDotEnd
{
    private const int Block = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> first, Vector256<int> second, in DotFinish finish, int pixel)
    {
        byte* y = finish.Y + (pixel * finish.PixelStride);
        StoreBlock(End(first, Vector256.Load(finish.Scales), Vector256.Load(finish.Offsets), finish), y, finish.Channels);
        if (finish.Channels > Block)
        {
            Vector256<float> last = End(second, Vector256.Load(finish.Scales + Block), Vector256.Load(finish.Offsets + Block), finish);
            StoreBlock(last, y + finish.BlockStride, finish.Channels - Block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, in DotFinish finish, int pixel)
    {
        byte* y = finish.Y + (pixel * finish.PixelStride);
        StoreBlock(End(s0, finish, 0), End(s1, finish, 4), y, finish.Channels);
        if (finish.Channels > Block)
        {
            StoreBlock(End(s2, finish, 8), End(s3, finish, 12), y + finish.BlockStride, finish.Channels - Block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int pixels, int vectors, int* sums, in DotFinish finish)
    {
        if (vectors == 1)
        {
            StoreOne(pixels, sums, finish);
        }
        else
        {
            StoreTwo(pixels, sums, finish);
        }
    }

    /// <param name="sums">(pixels, 16)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne(int pixels, int* sums, in DotFinish finish)
    {
        for (int i = 0; i < pixels; i++, sums += VnniCode.Lanes)
        {
            if (AdvSimd.IsSupported)
            {
                Store(Vector128.Load(sums), Vector128.Load(sums + 4), Vector128.Load(sums + 8), Vector128.Load(sums + 12), finish, i);
            }
            else
            {
                Store(Vector256.Load(sums), Vector256.Load(sums + Block), finish, i);
            }
        }
    }

    /// <param name="sums">(pixels, 32), in the order of <see cref="DotTileVnni512.LaneOf"/>: of eight channels four in each vector.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTwo(int pixels, int* sums, in DotFinish finish)
    {
        for (int block = 0; block * Block < finish.Channels; block++)
        {
            int* a = sums + (block * Block / 2);
            Vector256<float> scale = Join(finish.Scales + (block * Block / 2)), offset = Join(finish.Offsets + (block * Block / 2));
            byte* y = finish.Y + (block * finish.BlockStride);
            for (int i = 0; i < pixels; i++, a += 2 * VnniCode.Lanes, y += finish.PixelStride)
            {
                StoreBlock(End(Join((float*)a).AsInt32(), scale, offset, finish), y, finish.Channels - (block * Block));
            }
        }
    }

    /// <summary>The lanes of eight channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(float* lanes) => Vector256.Create(Vector128.Load(lanes), Vector128.Load(lanes + VnniCode.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> End(Vector256<int> sums, Vector256<float> scale, Vector256<float> offset, in DotFinish finish)
    {
        Vector256<float> y = Avx.Add(Avx.Multiply(Avx.ConvertToVector256Single(sums), scale), offset);
        return Avx.Min(Vector256.Create(finish.Most), Avx.Max(Vector256.Create(finish.Least), y));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> End(Vector128<int> sums, in DotFinish finish, int lane)
    {
        Vector128<float> product = AdvSimd.Multiply(AdvSimd.ConvertToSingle(sums), Vector128.Load(finish.Scales + lane));
        Vector128<float> y = AdvSimd.Add(product, Vector128.Load(finish.Offsets + lane));
        return AdvSimd.Min(AdvSimd.Max(y, Vector128.Create(finish.Least)), Vector128.Create(finish.Most));
    }

    /// <param name="count">Channels that exist; more than eight are eight.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreBlock(Vector256<float> block, byte* y, int count)
    {
        if (count >= Block)
        {
            block.Store((float*)y);
        }
        else
        {
            // A copy: a vector whose address is taken would stay in memory.
            Vector256<float> rest = block;
            DotStore.Partial((float*)&rest, (float*)y, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreBlock(Vector128<float> low, Vector128<float> high, byte* y, int count)
    {
        if (count >= Block)
        {
            low.Store((float*)y);
            high.Store((float*)y + 4);
        }
        else
        {
            Vector256<float> rest = Vector256.Create(low, high);
            DotStore.Partial((float*)&rest, (float*)y, count);
        }
    }
}
