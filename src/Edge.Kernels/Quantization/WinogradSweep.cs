using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution of one image of bytes by integer Winograd, without an error. Three steps for a batch of tiles at a time (Lavin and Gray, 2016), which
/// threads share: inputs are transformed, multiplied at each point, and the products are transformed back.
/// </summary>
/// <typeparam name="TEnd">What becomes of the sums.</typeparam>
internal abstract unsafe class WinogradSweep<TEnd> : IDisposable where TEnd : struct, IDotEnd
{
    /// <summary>The form in which the image is read.</summary>
    public abstract BytePadding Padding { get; }

    /// <summary>What goes with the weights.</summary>
    public abstract WinogradNumbers Numbers { get; }

    public abstract long PackedBytes { get; }

    public long ScratchBytes => checked(Shape.Points * (InputStep + (ProductStep * sizeof(int))));

    protected WinogradShape Shape { get; init; }

    /// <summary>Bytes from point to point of the transformed inputs.</summary>
    protected long InputStep { get; init; }

    /// <summary>32-bit integers from point to point of the products.</summary>
    protected long ProductStep { get; init; }

    /// <summary>Transforms the weights; where sums begin lies the sum of each channel's weights then.</summary>
    public abstract void PackSums(sbyte* weights);

    /// <summary>Convolves one image.</summary>
    /// <param name="x">With its padding.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="finish">For the first lane of the first group, at the first position; its channels are those of all groups.</param>
    /// <param name="groupStride">Bytes of the output from a group of channels to the next.</param>
    public void Run(WorkerPool pool, sbyte* x, byte* scratch, in DotFinish finish, long groupStride)
    {
        var batch = new WinogradBatch { X = x, V = scratch, M = (int*)(scratch + (Shape.Points * InputStep)), Finish = finish, GroupStride = groupStride };
        for (batch.First = 0; batch.First < Shape.Tiles; batch.First += Shape.BatchTiles)
        {
            batch.Count = Math.Min(Shape.BatchTiles, Shape.Tiles - batch.First);
            pool.Run(this, &batch, &TransformInput, Items(batch.Count + Shape.LeadTiles));
            pool.Run(this, &batch, &Multiply, Shape.Points * Numbers.Groups);
            pool.Run(this, &batch, &TransformOutput, Items(batch.Count));
        }
    }

    public abstract void Dispose();

    /// <summary>Lanes of a group that have weights.</summary>
    protected abstract int LanesOf(int group);

    /// <summary>The transformed weights of a group of output channels.</summary>
    protected abstract sbyte* Weights(int point, int group);

    /// <summary>Tiles of the batch from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    protected abstract void TransformInput(in WinogradBatch batch, int first, int end);

    /// <summary>Sums of products at one point; see <see cref="WinogradCalls.Multiply"/>.</summary>
    protected abstract void Multiply(int tiles, sbyte* x, sbyte* w, in DotFinish finish);

    /// <summary>Tiles of the batch from <paramref name="first"/> to before <paramref name="end"/>, of all groups. Their sums get the bias.</summary>
    protected abstract void TransformOutput(in WinogradBatch batch, int first, int end);

    /// <summary>The products of a tile's group; those of the tiles of the batch lie one after the other.</summary>
    protected int* Products(in WinogradBatch batch, int tile, int group) =>
        batch.M + ((long)group * Shape.BatchTiles * Numbers.Lanes) + ((long)tile * LanesOf(group));

    private static void TransformInput(object owner, void* state, int item)
    {
        var sweep = (WinogradSweep<TEnd>)owner;
        var batch = (WinogradBatch*)state;
        int per = sweep.Shape.TilesPerItem;
        sweep.TransformInput(*batch, item * per, Math.Min(batch->Count + sweep.Shape.LeadTiles, (item + 1) * per));
    }

    private static void Multiply(object owner, void* state, int item)
    {
        var sweep = (WinogradSweep<TEnd>)owner;
        sweep.Multiply(*(WinogradBatch*)state, item / sweep.Numbers.Groups, item % sweep.Numbers.Groups);
    }

    private static void TransformOutput(object owner, void* state, int item)
    {
        var sweep = (WinogradSweep<TEnd>)owner;
        var batch = (WinogradBatch*)state;
        int per = sweep.Shape.TilesPerItem;
        sweep.TransformOutput(*batch, item * per, Math.Min(batch->Count, (item + 1) * per));
    }

    private int Items(int tiles) => (tiles + Shape.TilesPerItem - 1) / Shape.TilesPerItem;

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    private void Multiply(in WinogradBatch batch, int point, int group)
    {
        var finish = new DotFinish
        {
            Bias = Numbers.Zeros,
            Y = (byte*)(Products(batch, 0, group) + (point * ProductStep)),
            PixelStride = LanesOf(group) * sizeof(int),
            Channels = Numbers.Channels(group),
        };
        Multiply(batch.Count, (sbyte*)batch.V + (point * InputStep), Weights(point, group), finish);
    }
}

/// <summary>What <see cref="WinogradSweep{TEnd}"/> works through.</summary>
/// <param name="Points">Points of a transformed tile.</param>
/// <param name="Tiles">Tiles of an image.</param>
/// <param name="BatchTiles">Tiles whose transformed inputs and products are kept at a time.</param>
/// <param name="LeadTiles">Tiles beyond those of a batch whose inputs its products read.</param>
/// <param name="TilesPerItem">Tiles that a thread transforms at a time.</param>
/// <param name="TileBytes">Bytes from tile to tile of the transformed inputs.</param>
internal readonly record struct WinogradShape(int Points, int Tiles, int BatchTiles, int LeadTiles, int TilesPerItem, int TileBytes);

/// <summary>The addresses of a batch of tiles of one image.</summary>
internal unsafe struct WinogradBatch
{
    public sbyte* X;

    /// <summary>Transformed inputs: points, phases of a stride, tiles, channels of 16 bits.</summary>
    public byte* V;

    /// <summary>Products: points, groups, tiles, lanes.</summary>
    public int* M;

    /// <summary>First tile of the batch.</summary>
    public int First;

    public int Count;

    public DotFinish Finish;
    public long GroupStride;

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
