using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// 3x3 convolution by Winograd's F(4, 3) nested, in integers and without an error: a quarter of the products. Transformed inputs and weights (times
/// 6 to 24 along each axis) fit 16 bits; sums of their products and what becomes of them wrap around modulo 2^32; the results are 576
/// times the true sums, and are divided exactly by the inverse of 9 modulo 2^32 and a shift, as the true sums have less than 26 bits.
/// Three steps for a batch of tiles at a time (Lavin and Gray, 2016), which threads share.
/// </summary>
internal sealed unsafe class QuantWinograd<TProducts> : Kernel where TProducts : struct, IWinogradProducts
{
    /// <summary>Tiles that a thread transforms at a time.</summary>
    private const int TilesPerItem = 8;

    private readonly QuantConvProblem _problem;
    private readonly WinogradTiling _tiling;
    private readonly BytePadding _padding;
    private readonly WinogradWords _weights;
    private readonly int _batchTiles;

    /// <summary>Bytes from point to point of the transformed inputs.</summary>
    private readonly long _inputStep;

    /// <summary>32-bit integers from point to point of the products.</summary>
    private readonly long _productStep;

    private bool _isPacked;

    public QuantWinograd(QuantConvProblem problem)
    {
        _problem = problem;
        _tiling = new WinogradTiling(problem.Output.H, problem.Output.W);
        _padding = new BytePadding(problem, _tiling.ReadHeight, _tiling.ReadWidth);
        _weights = new WinogradWords(problem, TProducts.Lanes, TProducts.Words);
        _batchTiles = QuantWinograd.BatchTiles<TProducts>(problem, _tiling);
        _inputStep = QuantWinograd.Spread((long)_batchTiles * _weights.Depth * sizeof(short));
        _productStep = QuantWinograd.Spread((long)_batchTiles * _weights.Numbers.Groups * TProducts.Lanes * sizeof(int)) / sizeof(int);
    }

    public override long ScratchBytes =>
        checked(AlignedBuffer.Align(_padding.ScratchBytes) + (WinogradTiling.Points * (_inputStep + (_productStep * sizeof(int)))));

    public override long PackedBytes => _weights.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            _weights.Pack<TProducts>((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            _weights.Pack<TProducts>((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        byte* scratch = context.Scratch + AlignedBuffer.Align(_padding.ScratchBytes);
        var batch = new Batch { Input = (sbyte*)context.Input(0), X = (sbyte*)context.Input(0), Y = (sbyte*)context.Output(0), V = scratch, M = (int*)(scratch + (WinogradTiling.Points * _inputStep)) };
        for (int n = 0; n < _problem.Batch; n++)
        {
            if (_padding.IsNeeded)
            {
                batch.X = (sbyte*)context.Scratch;
                context.Pool.Run(this, &batch, &CopyRows, _padding.Items);
            }
            for (batch.First = 0; batch.First < _tiling.Count; batch.First += _batchTiles)
            {
                batch.Count = Math.Min(_batchTiles, _tiling.Count - batch.First);
                int items = (batch.Count + TilesPerItem - 1) / TilesPerItem;
                context.Pool.Run(this, &batch, &TransformInput, items);
                context.Pool.Run(this, &batch, &Multiply, WinogradTiling.Points * _weights.Numbers.Groups);
                context.Pool.Run(this, &batch, &TransformOutput, items);
            }
            batch.Input += _problem.Input.Count * _problem.InChannels;
            batch.X = batch.Input;
            batch.Y += _problem.Output.Count * _problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing) => _weights.Dispose();

    private static void CopyRows(object owner, void* state, int item)
    {
        var batch = (Batch*)state;
        ((QuantWinograd<TProducts>)owner)._padding.CopyRows(batch->Input, batch->X, item);
    }

    private static void TransformInput(object owner, void* state, int item) => ((QuantWinograd<TProducts>)owner).TransformInput(*(Batch*)state, item);

    private static void Multiply(object owner, void* state, int item) => ((QuantWinograd<TProducts>)owner).Multiply(*(Batch*)state, item);

    private static void TransformOutput(object owner, void* state, int item) => ((QuantWinograd<TProducts>)owner).TransformOutput(*(Batch*)state, item);

    private void TransformInput(in Batch batch, int item)
    {
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            sbyte* x = batch.X + (row * _padding.RowBytes) + ((long)column * _problem.InChannels);
            byte* v = batch.V + ((long)tile * _weights.Depth * sizeof(short));
            TProducts.Input(x, _padding.RowBytes, _problem.InChannels, _weights.Depth, (short*)v, _inputStep / sizeof(short));
        }
    }

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    [SkipLocalsInit]
    private void Multiply(in Batch batch, int item)
    {
        int point = item / _weights.Numbers.Groups;
        int group = item % _weights.Numbers.Groups;
        int* offsets = stackalloc int[TProducts.MostTiles];
        int tileBytes = _weights.Depth * sizeof(short);
        var run = new DotRun(0, _weights.Depth / 2);
        int lanes = _weights.Vectors(group) * WinogradWords.Vector;
        sbyte* x = (sbyte*)batch.V + (point * _inputStep);
        sbyte* w = _weights.Weights(point, group);
        var finish = new DotFinish
        {
            Bias = _weights.Numbers.Zeros,
            Y = (byte*)(batch.M + (point * _productStep) + ((long)group * _batchTiles * TProducts.Lanes)),
            PixelStride = lanes * sizeof(int),
            Channels = _weights.Numbers.Channels(group),
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
            for (int group = 0; group < _weights.Numbers.Groups; group++)
            {
                int lanes = _weights.Vectors(group) * WinogradWords.Vector;
                int* m = batch.M + ((long)group * _batchTiles * TProducts.Lanes) + ((long)tile * lanes);
                for (int lane = 0; lane < lanes; lane += TProducts.Ints)
                {
                    TProducts.Output(m + lane, _productStep, _weights.Numbers.Bias(group) + lane, sums + lane, lanes);
                }
                Store(batch, row, column, group, sums);
            }
        }
    }

    /// <summary>The part of a tile that lies on the output.</summary>
    private void Store(in Batch batch, int row, int column, int group, int* sums)
    {
        DotFinish finish = _weights.Numbers.Finish(group);
        int pixels = Math.Min(WinogradTiling.Side, _problem.Output.W - column);
        int rows = Math.Min(WinogradTiling.Side, _problem.Output.H - row);
        int vectors = _weights.Vectors(group);
        for (int r = 0; r < rows; r++)
        {
            finish.Y = (byte*)batch.Y + ((((long)(row + r) * _problem.Output.W) + column) * _problem.OutChannels) + (group * TProducts.Lanes);
            DotBytes.Store(pixels, vectors, sums + (r * WinogradTiling.Side * vectors * WinogradWords.Vector), finish);
        }
    }

    /// <summary>The addresses of a batch of tiles of one image.</summary>
    private struct Batch
    {
        public sbyte* Input;
        public sbyte* X;
        public sbyte* Y;

        /// <summary>Transformed inputs: points, tiles, channels of 16 bits.</summary>
        public byte* V;

        /// <summary>Products: points, groups, tiles, lanes.</summary>
        public int* M;

        /// <summary>First tile of the batch.</summary>
        public int First;

        public int Count;
    }
}
