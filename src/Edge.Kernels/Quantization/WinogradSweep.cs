using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;

namespace Edge.Kernels.Quantization;

/// <summary>Convolution of one image of bytes by integer Winograd, without an error.</summary>
/// <typeparam name="TEnd">What becomes of the sums.</typeparam>
internal abstract unsafe class WinogradSweep<TEnd> : IDisposable where TEnd : struct, IDotEnd
{
    /// <summary>The form in which the image is read.</summary>
    public abstract BytePadding Padding { get; }

    /// <summary>What goes with the weights.</summary>
    public abstract WinogradNumbers Numbers { get; }

    public abstract long ScratchBytes { get; }

    public abstract long PackedBytes { get; }

    /// <summary>Transforms the weights; where sums begin lies the sum of each channel's weights then.</summary>
    public abstract void PackSums(sbyte* weights);

    /// <summary>Convolves one image.</summary>
    /// <param name="x">With its padding.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="finish">For the first lane of the first group, at the first position; its channels are those of all groups.</param>
    /// <param name="groupStride">Bytes of the output from a group of channels to the next.</param>
    public abstract void Run(WorkerPool pool, sbyte* x, byte* scratch, in DotFinish finish, long groupStride);

    public abstract void Dispose();
}

/// <summary>Tiles whose transformed inputs and products are kept at a time.</summary>
internal static class WinogradBatch
{
    /// <summary>Off multiples of 4 KiB: all points of a tile are written at once, and would fall on one cache set.</summary>
    public static long Spread(long bytes) => ((bytes + 4095) / 4096 * 4096) + (5 * AlignedBuffer.Alignment);

    /// <summary>Tiles of a batch: batches of alike size, whole calls each.</summary>
    /// <param name="most">Tiles that a batch may have.</param>
    /// <param name="perCall">Tiles that are multiplied at a time.</param>
    public static int Tiles(int count, long most, int perCall)
    {
        long batches = (count + most - 1) / most;
        long tiles = (count + batches - 1) / batches;
        return (int)Math.Min(count, (tiles + perCall - 1) / perCall * perCall);
    }
}
