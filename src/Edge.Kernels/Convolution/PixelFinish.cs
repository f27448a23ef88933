using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Where the sums of a pixel tile go and what happens to them on the way:
/// y = epilogue(sums + (accumulate ? y : residual)). The bias is where the sums start. The residual joins the first sums, since
/// partial sums may overwrite it.
/// </summary>
internal unsafe struct PixelFinish
{
    /// <summary>First pixel in the first block of the tile's channels; pixels are 8 elements apart.</summary>
    public float* Y;

    /// <summary>Elements from block to block.</summary>
    public long BlockStride;

    /// <summary>Output channels of the tile, as its weights are packed.</summary>
    public int Channels;

    /// <summary>Blocks of channels that exist; the tile's other blocks are dropped.</summary>
    public int Blocks;

    /// <summary>What the sums start with, one per channel of the tile.</summary>
    public float* Bias;

    /// <summary>Laid out like y, and perhaps the same memory; null = no residual.</summary>
    public float* Residual;

    /// <summary>Whether y holds the sums of earlier taps.</summary>
    public bool Accumulate;

    /// <summary>Whether these are the last taps, to which the epilogue applies.</summary>
    public bool Last;

    /// <summary>First parameter of the epilogue.</summary>
    public float Alpha;

    /// <summary>Second parameter of the epilogue.</summary>
    public float Beta;

    /// <summary>Whether all that happens to the sums is the epilogue: the usual case, kept free of questions per vector.</summary>
    public readonly bool IsPlain => Last && !Accumulate && Residual is null && Channels == Blocks * Layouts.Block;

    /// <summary>Where one vector of channels of one pixel goes, relative to y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Offset<TLanes>(in PixelFinish finish, int pixel, int vector) where TLanes : struct, ILanes<TLanes>
    {
        int channel = vector * TLanes.Count;
        return (channel / Layouts.Block * finish.BlockStride) + (pixel * Layouts.Block) + (channel % Layouts.Block);
    }

    /// <summary>Stores one vector of channels of one pixel of a plain tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePlain<TLanes, TEpilogue>(TLanes value, in PixelFinish finish, int pixel, int vector)
        where TLanes : struct, ILanes<TLanes>
        where TEpilogue : struct, IEpilogue =>
        TLanes.Store(TEpilogue.Apply(value, finish.Alpha, finish.Beta), finish.Y + Offset<TLanes>(finish, pixel, vector));

    /// <summary>Finishes and stores one vector of channels of one pixel.</summary>
    /// <param name="vector">Index of the vector in the tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes, TEpilogue>(TLanes value, in PixelFinish finish, int pixel, int vector)
        where TLanes : struct, ILanes<TLanes>
        where TEpilogue : struct, IEpilogue
    {
        if (vector * TLanes.Count >= finish.Blocks * Layouts.Block)
        {
            return;
        }
        long at = Offset<TLanes>(finish, pixel, vector);
        if (finish.Accumulate)
        {
            value = TLanes.Add(value, TLanes.Load(finish.Y + at));
        }
        else if (finish.Residual is not null)
        {
            value = TLanes.Add(value, TLanes.Load(finish.Residual + at));
        }
        if (finish.Last)
        {
            value = TEpilogue.Apply(value, finish.Alpha, finish.Beta);
        }
        TLanes.Store(value, finish.Y + at);
    }
}
