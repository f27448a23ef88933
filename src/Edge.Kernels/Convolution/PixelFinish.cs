using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Where the sums of a pixel tile start, where they go, and what happens to them on the way:
/// y = epilogue(bias + addend + sums). The addend of the first taps is the residual; that of later ones is y with the sums so far.
/// </summary>
internal unsafe struct PixelFinish
{
    /// <summary>First pixel in the first block of the tile's channels; pixels are 8 elements apart.</summary>
    public float* Y;

    /// <summary>Elements from block to block.</summary>
    public long BlockStride;

    /// <summary>Output channels of the tile: whole blocks, all of which exist.</summary>
    public int Channels;

    /// <summary>What the sums start with, one per channel of the tile.</summary>
    public float* Bias;

    /// <summary>Laid out like y, and perhaps the same memory; null = none.</summary>
    public float* Addend;

    /// <summary>Whether these are the last taps, to which the epilogue applies.</summary>
    public bool Last;

    /// <summary>First parameter of the epilogue.</summary>
    public float Alpha;

    /// <summary>Second parameter of the epilogue.</summary>
    public float Beta;

    /// <summary>Where one vector of channels of one pixel goes, relative to y.</summary>
    /// <param name="vector">Index of the vector in the tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Offset<TLanes>(in PixelFinish finish, int pixel, int vector) where TLanes : struct, ILanes<TLanes>
    {
        int channel = vector * TLanes.Count;
        return (channel / Layouts.Block * finish.BlockStride) + (pixel * Layouts.Block) + (channel % Layouts.Block);
    }
}
