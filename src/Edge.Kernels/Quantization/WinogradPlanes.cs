using System.Runtime.CompilerServices;
using Edge.Kernels.Threading;

namespace Edge.Kernels.Quantization;

/// <summary>
/// 3x3 convolution of an image by Winograd's F(4, 3) nested, in integers and without an error: a quarter of the products. Transformed inputs and weights (times
/// 6 to 24 along each axis) fit 16 bits; sums of their products and what becomes of them wrap around modulo 2^32; the results are 576
/// times the true sums, and are divided exactly by the inverse of 9 modulo 2^32 and a shift, as the true sums have less than 26 bits.
/// Three steps for a batch of tiles at a time (Lavin and Gray, 2016), which threads share.
/// </summary>
internal sealed unsafe class WinogradPlanes<TProducts, TEnd> : WinogradSweep<TEnd>
    where TProducts : struct, IWinogradProducts
    where TEnd : struct, IDotEnd
{
    /// <summary>Tiles that a thread transforms at a time.</summary>
    private const int TilesPerItem = 8;

    private readonly QuantConvProblem _problem;
    private readonly WinogradTiling _tiling;
    private readonly WinogradWords _weights;
    private readonly int _batchTiles;

    /// <summary>Bytes from point to point of the transformed inputs.</summary>
    private readonly long _inputStep;

    /// <summary>32-bit integers from point to point of the products.</summary>
    private readonly long _productStep;

    public WinogradPlanes(QuantConvProblem problem)
    {
        _problem = problem;
        _tiling = new WinogradTiling(problem.Output.H, problem.Output.W);
        Padding = new BytePadding(problem, _tiling.ReadHeight, _tiling.ReadWidth);
        _weights = new WinogradWords(problem, TProducts.Lanes, TProducts.Words);
        _batchTiles = WinogradPlane.BatchTiles<TProducts>(problem, _tiling);
        _inputStep = WinogradBatch.Spread((long)_batchTiles * _weights.Depth * sizeof(short));
        _productStep = WinogradBatch.Spread((long)_batchTiles * Numbers.Groups * TProducts.Lanes * sizeof(int)) / sizeof(int);
    }

    public override BytePadding Padding { get; }

    public override WinogradNumbers Numbers => _weights.Numbers;

    public override long ScratchBytes => checked(WinogradTiling.Points * (_inputStep + (_productStep * sizeof(int))));

    public override long PackedBytes => _weights.Bytes;

    public override void PackSums(sbyte* weights) => _weights.PackSums<TProducts>(weights);

    public override void Run(WorkerPool pool, sbyte* x, byte* scratch, in DotFinish finish, long groupStride)
    {
        var batch = new Batch { X = x, V = scratch, M = (int*)(scratch + (WinogradTiling.Points * _inputStep)), Finish = finish, GroupStride = groupStride };
        for (batch.First = 0; batch.First < _tiling.Count; batch.First += _batchTiles)
        {
            batch.Count = Math.Min(_batchTiles, _tiling.Count - batch.First);
            int items = (batch.Count + TilesPerItem - 1) / TilesPerItem;
            pool.Run(this, &batch, &TransformInput, items);
            pool.Run(this, &batch, &Multiply, WinogradTiling.Points * Numbers.Groups);
            pool.Run(this, &batch, &TransformOutput, items);
        }
    }

    public override void Dispose() => _weights.Dispose();

    private static void TransformInput(object owner, void* state, int item) => ((WinogradPlanes<TProducts, TEnd>)owner).TransformInput(*(Batch*)state, item);

    private static void Multiply(object owner, void* state, int item) => ((WinogradPlanes<TProducts, TEnd>)owner).Multiply(*(Batch*)state, item);

    private static void TransformOutput(object owner, void* state, int item) =>
        ((WinogradPlanes<TProducts, TEnd>)owner).TransformOutput(*(Batch*)state, item);

    private void TransformInput(in Batch batch, int item)
    {
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            sbyte* x = batch.X + (row * Padding.RowBytes) + ((long)column * _problem.InChannels);
            byte* v = batch.V + ((long)tile * _weights.Depth * sizeof(short));
            TProducts.Input(x, Padding.RowBytes, _problem.InChannels, _weights.Depth, (short*)v, _inputStep / sizeof(short));
        }
    }

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    [SkipLocalsInit]
    private void Multiply(in Batch batch, int item)
    {
        int point = item / Numbers.Groups;
        int group = item % Numbers.Groups;
        int* offsets = stackalloc int[TProducts.MostTiles];
        int tileBytes = _weights.Depth * sizeof(short);
        var run = new DotRun(0, _weights.Depth / 2);
        int lanes = _weights.Vectors(group) * WinogradWords.Vector;
        sbyte* x = (sbyte*)batch.V + (point * _inputStep);
        sbyte* w = _weights.Weights(point, group);
        var finish = new DotFinish
        {
            Bias = Numbers.Zeros,
            Y = (byte*)(batch.M + (point * _productStep) + ((long)group * _batchTiles * TProducts.Lanes)),
            PixelStride = lanes * sizeof(int),
            Channels = Numbers.Channels(group),
        };
        int left = batch.Count;
        for (int calls = (left + TProducts.MostTiles - 1) / TProducts.MostTiles; calls > 0; calls--)
        {
            int tiles = (left + calls - 1) / calls;
            for (int i = 0; i < TProducts.MostTiles; i++)
            {
                offsets[i] = Math.Min(i, tiles - 1) * tileBytes;
            }
            TProducts.Multiply(tiles, x, offsets, &run, w, finish);
            x += (long)tiles * tileBytes;
            finish.Y += tiles * finish.PixelStride;
            left -= tiles;
        }
    }

    [SkipLocalsInit]
    private void TransformOutput(in Batch batch, int item)
    {
        int* sums = stackalloc int[WinogradTiling.Side * WinogradTiling.Side * TProducts.Lanes];
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            for (int group = 0; group < Numbers.Groups; group++)
            {
                int lanes = _weights.Vectors(group) * WinogradWords.Vector;
                int* m = batch.M + ((long)group * _batchTiles * TProducts.Lanes) + ((long)tile * lanes);
                int* bias = batch.Finish.Bias + (group * TProducts.Lanes);
                for (int lane = 0; lane < lanes; lane += TProducts.Ints)
                {
                    TProducts.Output(m + lane, _productStep, bias + lane, sums + lane, lanes);
                }
                Store(batch, row, column, group, sums);
            }
        }
    }

    /// <summary>The part of a tile that lies on the output. Its sums hold the bias already.</summary>
    private void Store(in Batch batch, int row, int column, int group, int* sums)
    {
        DotFinish finish = batch.Finish.At(group * TProducts.Lanes, TProducts.Lanes);
        int pixels = Math.Min(WinogradTiling.Side, _problem.Output.W - column);
        int rows = Math.Min(WinogradTiling.Side, _problem.Output.H - row);
        int vectors = _weights.Vectors(group);
        byte* y = finish.Y + (group * batch.GroupStride);
        for (int r = 0; r < rows; r++)
        {
            finish.Y = y + ((((long)(row + r) * _problem.Output.W) + column) * finish.PixelStride);
            TEnd.Store(pixels, vectors, sums + (r * WinogradTiling.Side * vectors * WinogradWords.Vector), finish);
        }
    }

    /// <summary>The addresses of a batch of tiles of one image.</summary>
    private struct Batch
    {
        public sbyte* X;

        /// <summary>Transformed inputs: points, tiles, channels of 16 bits.</summary>
        public byte* V;

        /// <summary>Products: points, groups, tiles, lanes.</summary>
        public int* M;

        /// <summary>First tile of the batch.</summary>
        public int First;

        public int Count;

        public DotFinish Finish;
        public long GroupStride;
    }
}
