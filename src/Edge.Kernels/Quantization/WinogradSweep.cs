using System.Runtime.CompilerServices;
using Edge.Kernels.Threading;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// 3x3 convolution of an image by Winograd's F(4, 3) nested, in integers and without an error: a quarter of the products. Transformed inputs and weights (times
/// 6 to 24 along each axis) fit 16 bits; sums of their products and what becomes of them wrap around modulo 2^32; the results are 576
/// times the true sums, and are divided exactly by the inverse of 9 modulo 2^32 and a shift, as the true sums have less than 26 bits.
/// Three steps for a batch of tiles at a time (Lavin and Gray, 2016), which threads share.
/// </summary>
internal sealed unsafe class WinogradSweep<TProducts> : IDisposable where TProducts : struct, IWinogradProducts
{
    /// <summary>Tiles that a thread transforms at a time.</summary>
    private const int TilesPerItem = 8;

    private readonly QuantConvProblem _problem;
    private readonly WinogradTiling _tiling;
    private readonly int _batchTiles;

    /// <summary>Bytes from point to point of the transformed inputs.</summary>
    private readonly long _inputStep;

    /// <summary>32-bit integers from point to point of the products.</summary>
    private readonly long _productStep;

    public WinogradSweep(QuantConvProblem problem)
    {
        _problem = problem;
        _tiling = new WinogradTiling(problem.Output.H, problem.Output.W);
        Padding = new BytePadding(problem, _tiling.ReadHeight, _tiling.ReadWidth);
        Weights = new WinogradWords(problem, TProducts.Lanes, TProducts.Words);
        _batchTiles = QuantWinograd.BatchTiles<TProducts>(problem, _tiling);
        _inputStep = QuantWinograd.Spread((long)_batchTiles * Weights.Depth * sizeof(short));
        _productStep = QuantWinograd.Spread((long)_batchTiles * Weights.Numbers.Groups * TProducts.Lanes * sizeof(int)) / sizeof(int);
    }

    /// <summary>The form in which the image is read.</summary>
    public BytePadding Padding { get; }

    public WinogradWords Weights { get; }

    public long ScratchBytes => checked(WinogradTiling.Points * (_inputStep + (_productStep * sizeof(int))));

    /// <summary>Convolves one image.</summary>
    /// <param name="x">With its padding.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="finish">For the first lane of the first group, at the first position; its channels are those of all groups.</param>
    /// <param name="groupStride">Bytes of the output from a group of channels to the next.</param>
    public void Run<TEnd>(WorkerPool pool, sbyte* x, byte* scratch, in DotFinish finish, long groupStride) where TEnd : struct, IDotEnd
    {
        var batch = new Batch { X = x, V = scratch, M = (int*)(scratch + (WinogradTiling.Points * _inputStep)), Finish = finish, GroupStride = groupStride };
        for (batch.First = 0; batch.First < _tiling.Count; batch.First += _batchTiles)
        {
            batch.Count = Math.Min(_batchTiles, _tiling.Count - batch.First);
            int items = (batch.Count + TilesPerItem - 1) / TilesPerItem;
            pool.Run(this, &batch, &TransformInput, items);
            pool.Run(this, &batch, &Multiply, WinogradTiling.Points * Weights.Numbers.Groups);
            pool.Run(this, &batch, &TransformOutput<TEnd>, items);
        }
    }

    public void Dispose() => Weights.Dispose();

    private static void TransformInput(object owner, void* state, int item) => ((WinogradSweep<TProducts>)owner).TransformInput(*(Batch*)state, item);

    private static void Multiply(object owner, void* state, int item) => ((WinogradSweep<TProducts>)owner).Multiply(*(Batch*)state, item);

    private static void TransformOutput<TEnd>(object owner, void* state, int item) where TEnd : struct, IDotEnd =>
        ((WinogradSweep<TProducts>)owner).TransformOutput<TEnd>(*(Batch*)state, item);

    private void TransformInput(in Batch batch, int item)
    {
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            sbyte* x = batch.X + (row * Padding.RowBytes) + ((long)column * _problem.InChannels);
            byte* v = batch.V + ((long)tile * Weights.Depth * sizeof(short));
            TProducts.Input(x, Padding.RowBytes, _problem.InChannels, Weights.Depth, (short*)v, _inputStep / sizeof(short));
        }
    }

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    [SkipLocalsInit]
    private void Multiply(in Batch batch, int item)
    {
        int point = item / Weights.Numbers.Groups;
        int group = item % Weights.Numbers.Groups;
        int* offsets = stackalloc int[TProducts.MostTiles];
        int tileBytes = Weights.Depth * sizeof(short);
        var run = new DotRun(0, Weights.Depth / 2);
        int lanes = Weights.Vectors(group) * WinogradWords.Vector;
        sbyte* x = (sbyte*)batch.V + (point * _inputStep);
        sbyte* w = Weights.Weights(point, group);
        var finish = new DotFinish
        {
            Bias = Weights.Numbers.Zeros,
            Y = (byte*)(batch.M + (point * _productStep) + ((long)group * _batchTiles * TProducts.Lanes)),
            PixelStride = lanes * sizeof(int),
            Channels = Weights.Numbers.Channels(group),
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
    private void TransformOutput<TEnd>(in Batch batch, int item) where TEnd : struct, IDotEnd
    {
        int* sums = stackalloc int[WinogradTiling.Side * WinogradTiling.Side * TProducts.Lanes];
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            for (int group = 0; group < Weights.Numbers.Groups; group++)
            {
                int lanes = Weights.Vectors(group) * WinogradWords.Vector;
                int* m = batch.M + ((long)group * _batchTiles * TProducts.Lanes) + ((long)tile * lanes);
                int* bias = batch.Finish.Bias + (group * TProducts.Lanes);
                for (int lane = 0; lane < lanes; lane += TProducts.Ints)
                {
                    TProducts.Output(m + lane, _productStep, bias + lane, sums + lane, lanes);
                }
                Store<TEnd>(batch, row, column, group, sums);
            }
        }
    }

    /// <summary>The part of a tile that lies on the output. Its sums hold the bias already.</summary>
    private void Store<TEnd>(in Batch batch, int row, int column, int group, int* sums) where TEnd : struct, IDotEnd
    {
        DotFinish finish = batch.Finish.At(group * TProducts.Lanes, TProducts.Lanes);
        int pixels = Math.Min(WinogradTiling.Side, _problem.Output.W - column);
        int rows = Math.Min(WinogradTiling.Side, _problem.Output.H - row);
        int vectors = Weights.Vectors(group);
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
