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
internal sealed unsafe class QuantWinograd : Kernel
{
    /// <summary>Transformed inputs and products of one batch: most of a second-level cache.</summary>
    private const long BatchBytes = 768 * 1024;

    /// <summary>Fewest tiles of a batch: all weights are read for each batch.</summary>
    private const int FewestTiles = 24;

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
        _weights = new WinogradWords(problem);
        long perTile = WinogradTiling.Points * ((_weights.Depth * sizeof(short)) + ((long)_weights.Groups * WinogradWords.Lanes * sizeof(int)));
        long batches = (_tiling.Count + Math.Max(FewestTiles, BatchBytes / perTile) - 1) / Math.Max(FewestTiles, BatchBytes / perTile);
        long tiles = (_tiling.Count + batches - 1) / batches;
        _batchTiles = (int)Math.Min(_tiling.Count, (tiles + VnniCode.MostPixels - 1) / VnniCode.MostPixels * VnniCode.MostPixels);
        _inputStep = Spread((long)_batchTiles * _weights.Depth * sizeof(short));
        _productStep = Spread((long)_batchTiles * _weights.Groups * WinogradWords.Lanes * sizeof(int)) / sizeof(int);
    }

    public override long ScratchBytes =>
        checked(AlignedBuffer.Align(_padding.ScratchBytes) + (WinogradTiling.Points * (_inputStep + (_productStep * sizeof(int)))));

    public override long PackedBytes => _weights.Bytes;

    /// <summary>Whether the sums of every output channel stay below 2^25 in magnitude, and the rest of what the algorithm asks for.</summary>
    public static bool Fits(QuantConvProblem problem) =>
        problem.IsChannelsLast && problem.IsBytes && problem.Groups == 1 && VnniCode.IsSupported && problem.WeightSum < (1L << 25) / 128
        && problem.Window.Kernel == new Extent(1, 3, 3) && problem.Window.Stride == Extent.One && problem.Window.Dilation == Extent.One;

    /// <summary>Estimated time: products of 16 bits with their weights, and the transforms.</summary>
    public static double Cost(QuantConvProblem problem, CostModel model)
    {
        const double WordsPerFloat = 2;
        var tiling = new WinogradTiling(problem.Output.H, problem.Output.W);
        double depth = WinogradWords.RoundUp(problem.InChannels, 32);
        double channels = WinogradWords.RoundUp(problem.OutChannels, VnniCode.Lanes);
        double weights = WinogradTiling.Points * depth * channels;
        double transforms = tiling.Count * ((depth / 32 * 110) + (channels / VnniCode.Lanes * 140)) / model.VectorOperations;
        return problem.Batch * (model.Time(tiling.Count * weights / WordsPerFloat, weights * sizeof(short)) + transforms);
    }

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            _weights.Pack((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            _weights.Pack((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
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
                context.Pool.Run(this, &batch, &Multiply, WinogradTiling.Points * _weights.Groups);
                context.Pool.Run(this, &batch, &TransformOutput, items);
            }
            batch.Input += _problem.Input.Count * _problem.InChannels;
            batch.X = batch.Input;
            batch.Y += _problem.Output.Count * _problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing) => _weights.Dispose();

    /// <summary>Off multiples of 4 KiB: all points of a tile are written at once, and would fall on one cache set.</summary>
    private static long Spread(long bytes) => ((bytes + 4095) / 4096 * 4096) + (5 * AlignedBuffer.Alignment);

    private static void CopyRows(object owner, void* state, int item)
    {
        var batch = (Batch*)state;
        ((QuantWinograd)owner)._padding.CopyRows(batch->Input, batch->X, item);
    }

    private static void TransformInput(object owner, void* state, int item) => ((QuantWinograd)owner).TransformInput(*(Batch*)state, item);

    private static void Multiply(object owner, void* state, int item) => ((QuantWinograd)owner).Multiply(*(Batch*)state, item);

    private static void TransformOutput(object owner, void* state, int item) => ((QuantWinograd)owner).TransformOutput(*(Batch*)state, item);

    private void TransformInput(in Batch batch, int item)
    {
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            sbyte* x = batch.X + (row * _padding.RowBytes) + ((long)column * _problem.InChannels);
            byte* v = batch.V + ((long)tile * _weights.Depth * sizeof(short));
            WinogradTransform.Input(x, _padding.RowBytes, _problem.InChannels, _weights.Depth, (short*)v, _inputStep / sizeof(short));
        }
    }

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    [SkipLocalsInit]
    private void Multiply(in Batch batch, int item)
    {
        int point = item / _weights.Groups;
        int group = item % _weights.Groups;
        int* offsets = stackalloc int[VnniCode.MostPixels];
        for (int i = 0; i < VnniCode.MostPixels; i++)
        {
            offsets[i] = i * _weights.Depth * sizeof(short);
        }
        var run = new DotRun(0, _weights.Depth / 2);
        var call = new VnniCall
        {
            X = (sbyte*)batch.V + (point * _inputStep),
            Offsets = offsets,
            Runs = &run,
            RunsEnd = &run + 1,
            W = _weights.Weights(point, group),
            Bias = _weights.Zeros,
            Sums = batch.M + (point * _productStep) + ((long)group * _batchTiles * WinogradWords.Lanes),
        };
        int vectors = _weights.Vectors(group);
        int left = batch.Count;
        for (int tiles = (left + VnniCode.MostPixels - 1) / VnniCode.MostPixels; tiles > 0; tiles--)
        {
            int pixels = (left + tiles - 1) / tiles;
            VnniCode.Program(VnniProducts.Words, pixels, vectors)(&call);
            call.X += (long)pixels * _weights.Depth * sizeof(short);
            call.Sums += pixels * vectors * VnniCode.Lanes;
            left -= pixels;
        }
    }

    [SkipLocalsInit]
    private void TransformOutput(in Batch batch, int item)
    {
        int* sums = stackalloc int[WinogradTiling.Side * WinogradTiling.Side * WinogradWords.Lanes];
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            for (int group = 0; group < _weights.Groups; group++)
            {
                int vectors = _weights.Vectors(group);
                int* m = batch.M + ((long)group * _batchTiles * WinogradWords.Lanes) + ((long)tile * vectors * VnniCode.Lanes);
                for (int v = 0; v < vectors; v++)
                {
                    WinogradTransform.Output(m + (v * VnniCode.Lanes), _productStep, _weights.Bias(group) + (v * VnniCode.Lanes), sums + (v * VnniCode.Lanes), vectors * VnniCode.Lanes);
                }
                Store(batch, row, column, group, sums);
            }
        }
    }

    /// <summary>The part of a tile that lies on the output.</summary>
    private void Store(in Batch batch, int row, int column, int group, int* sums)
    {
        DotFinish finish = _weights.Finish(group);
        int pixels = Math.Min(WinogradTiling.Side, _problem.Output.W - column);
        int rows = Math.Min(WinogradTiling.Side, _problem.Output.H - row);
        int vectors = _weights.Vectors(group);
        for (int r = 0; r < rows; r++)
        {
            finish.Y = (byte*)batch.Y + ((((long)(row + r) * _problem.Output.W) + column) * _problem.OutChannels) + (group * WinogradWords.Lanes);
            DotBytes.Store(pixels, vectors, sums + (r * WinogradTiling.Side * vectors * VnniCode.Lanes), finish);
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

/// <summary>Tiles of 4x4 outputs, of which those at the end may reach beyond.</summary>
internal readonly struct WinogradTiling(int height, int width)
{
    /// <summary>Outputs of a tile along an axis.</summary>
    public const int Side = 4;

    /// <summary>Inputs of a tile along an axis.</summary>
    public const int Reads = Side + 2;

    public const int Points = Reads * Reads;

    private readonly int _columns = (width + Side - 1) / Side;

    public int Count { get; } = checked((height + Side - 1) / Side * ((width + Side - 1) / Side));

    /// <summary>Rows of the padded input that tiles read.</summary>
    public int ReadHeight { get; } = ((height + Side - 1) / Side * Side) + 2;

    public int ReadWidth { get; } = ((width + Side - 1) / Side * Side) + 2;

    /// <summary>The first output of a tile.</summary>
    public (int Row, int Column) Position(int tile) => (tile / _columns * Side, tile % _columns * Side);
}
