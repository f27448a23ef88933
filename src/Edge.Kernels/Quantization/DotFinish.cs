using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Kernels.Quantization;

/// <summary>What the sums of a tile end with: a group of output channels of some pixels.</summary>
internal unsafe struct DotFinish
{
    /// <summary>Sums to begin with, one per lane; they hold what the zero points add.</summary>
    public int* Bias;

    /// <summary>Multipliers of integers, one per lane, not negative; see <see cref="Rescaling"/>.</summary>
    public int* Multipliers;

    /// <summary>All multipliers are below 2^30 (factors below a half), see <see cref="Rescaling.ScaleSmall"/>.</summary>
    public bool AreSmall;

    /// <summary>First channel of the first pixel.</summary>
    public byte* Y;

    /// <summary>Bytes from one pixel to the next.</summary>
    public long PixelStride;

    /// <summary>Channels that exist, 1 to the lanes of the tile.</summary>
    public int Channels;

    public int Zero;
    public int Low;
    public int High;

    /// <summary>For float32: factors of the sums, one per lane.</summary>
    public float* Scales;

    /// <summary>For float32: what is added to the products, one per lane; never -0, so that no result is.</summary>
    public float* Offsets;

    /// <summary>For float32: bytes from eight channels of a pixel to the next eight; 32 where all lie side by side.</summary>
    public long BlockStride;

    /// <summary>For float32: limits of the results, neither NaN nor -0.</summary>
    public float Least;
    public float Most;

    /// <summary>What stands for all lanes as it stands for a group of them; the address of the output stays.</summary>
    /// <param name="lane">The first of the group.</param>
    /// <param name="lanes">At most so many channels.</param>
    public readonly DotFinish At(int lane, int lanes)
    {
        DotFinish group = this;
        group.Bias += lane;
        group.Multipliers += lane;
        group.Scales += lane;
        group.Offsets += lane;
        group.Channels = Math.Min(Channels - lane, lanes);
        return group;
    }
}

/// <summary>
/// What becomes of the sums of a tile: 8-bit integers, 16-bit integers or float32. One type for each, so that tiles are compiled for it.
/// </summary>
internal unsafe interface IDotEnd
{
    /// <summary>One pixel of 16 channels, in AVX2.</summary>
    static abstract void Store(Vector256<int> first, Vector256<int> second, in DotFinish finish, int pixel);

    /// <summary>One pixel of 16 channels, in NEON.</summary>
    static abstract void Store(Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, in DotFinish finish, int pixel);

    /// <summary>
    /// Pixels of one or two vectors of 16 channels, whose sums are in memory. Programs compiled ahead of time for AVX2 run on
    /// processors with AVX-512 as well, but have no functions for it: where there are 512-bit forms, there are 256-bit ones too.
    /// </summary>
    /// <param name="sums">(pixels, 16 * vectors), those of two vectors in the order of <see cref="DotTileVnni512.LaneOf"/></param>
    static abstract void Store(int pixels, int vectors, int* sums, in DotFinish finish);
}

/// <summary>Sums of two pixels of 16 channels that leave their registers.</summary>
internal static unsafe class DotSums
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(int* to, Vector256<int> c00, Vector256<int> c01, Vector256<int> c10, Vector256<int> c11)
    {
        c00.Store(to);
        c01.Store(to + 8);
        c10.Store(to + 16);
        c11.Store(to + 24);
    }
}

/// <summary>Stores the channels that exist.</summary>
internal static unsafe class DotStore
{
    /// <summary>Copies some numbers, fewer than a vector of 512 bits has, in pieces of which each is half as long as the one before: no loop to mispredict.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Partial<T>(T* source, T* target, int count) where T : unmanaged => Partial((byte*)source, (byte*)target, count * sizeof(T));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Partial(byte* from, byte* to, int bytes)
    {
        if ((bytes & 32) != 0)
        {
            Vector256.Load(from).Store(to);
            from += 32;
            to += 32;
        }
        if ((bytes & 16) != 0)
        {
            Vector128.Load(from).Store(to);
            from += 16;
            to += 16;
        }
        if ((bytes & 8) != 0)
        {
            Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<long>(from));
            from += 8;
            to += 8;
        }
        if ((bytes & 4) != 0)
        {
            Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<int>(from));
            from += 4;
            to += 4;
        }
        if ((bytes & 2) != 0)
        {
            Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<short>(from));
            from += 2;
            to += 2;
        }
        if ((bytes & 1) != 0)
        {
            *to = *from;
        }
    }
}
