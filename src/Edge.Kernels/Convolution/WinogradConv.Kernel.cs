using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Three steps for a batch of tiles at a time, small enough for the second-level cache: transform the input, (points, planes,
/// tiles, 8); multiply at each point, (points, blocks, tiles, 8); transform back and finish. Threads share each step.
/// </summary>
internal sealed unsafe class WinogradConv<TTile, TLanes, TAlgorithm, TEpilogue> : Kernel
    where TTile : struct, IPixelTile
    where TLanes : struct, ILanes<TLanes>
    where TAlgorithm : struct, IWinograd
    where TEpilogue : struct, IEpilogue
{
    /// <summary>Transformed inputs and products of one batch.</summary>
    private const long BatchBytes = 768 * 1024;

    /// <summary>Fewest tiles of a batch: all weights are read for each batch.</summary>
    private const int FewestTiles = 24;

    /// <summary>Tiles that a thread transforms at a time.</summary>
    private const int TilesPerItem = 48;

    private readonly ConvProblem _problem;
    private readonly WinogradGeometry _geometry;
    private readonly WinogradWeights<TLanes> _weights;
    private readonly WinogradTransforms<TLanes, TAlgorithm, TEpilogue> _transforms;
    private readonly AlignedBuffer _bias;
    private readonly AlignedBuffer _zeros;
    private readonly AlignedBuffer _taps;
    private readonly int _tapCount;
    private readonly int _batchTiles;
    private readonly int _blocks;
    private bool _hasWeights;
    private bool _hasBias;

    public WinogradConv(ConvProblem problem)
    {
        _problem = problem;
        _geometry = WinogradGeometry.Of<TAlgorithm>(problem);
        _weights = new WinogradWeights<TLanes>(_geometry, TAlgorithm.Kernel, TTile.TakeChannels);
        _zeros = new AlignedBuffer(_weights.Groups.Widest * sizeof(float));
        _blocks = Layouts.Blocks(problem.OutChannels);
        _bias = new AlignedBuffer((long)_blocks * Layouts.Block * sizeof(float));
        _batchTiles = BatchTiles();
        int inputTiles = _batchTiles + _geometry.Pieces - 1;
        _transforms = new WinogradTransforms<TLanes, TAlgorithm, TEpilogue>(
            _geometry, Spread((long)_geometry.Planes * inputTiles * Layouts.Block), Spread((long)_blocks * _batchTiles * Layouts.Block), inputTiles, _batchTiles);
        _taps = MakeTaps(inputTiles, out _tapCount);
    }

    public override long ScratchBytes => checked((_transforms.InputStep + _transforms.ProductStep) * _geometry.Points * sizeof(float));

    public override long PackedBytes => _weights.Bytes + _taps.Bytes + _bias.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights)
        {
            _weights.Pack((float*)weights.Data);
            _hasWeights = true;
        }
        if (_problem.HasBias && inputs[2] is { } bias)
        {
            Buffer.MemoryCopy(bias.Data, _bias.Data, _bias.Bytes, bias.Bytes);
            _hasBias = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_hasWeights)
        {
            _weights.Pack((float*)context.Input(1));
        }
        if (_problem.HasBias && !_hasBias)
        {
            Buffer.MemoryCopy(context.Input(2), _bias.Data, _bias.Bytes, _problem.OutChannels * sizeof(float));
        }
        long inputImage = _problem.InputLayout.ImageElements(_problem.InChannels, _problem.Input.Count);
        long outputImage = _problem.OutputLayout.ImageElements(_problem.OutChannels, _problem.Output.Count);
        var batch = new WinogradBatch
        {
            X = (float*)context.Input(0),
            Y = (float*)context.Output(0),
            Residual = _problem.HasResidual ? (float*)context.Input(3) : null,
            Bias = (float*)_bias.Data,
            V = (float*)context.Scratch,
            M = (float*)context.Scratch + (_transforms.InputStep * _geometry.Points),
        };
        for (int n = 0; n < _problem.Batch; n++)
        {
            for (int first = 0; first < _geometry.Tiles; first += _batchTiles)
            {
                batch.First = first;
                batch.Count = Math.Min(_batchTiles, _geometry.Tiles - first);
                context.Pool.Run(this, &batch, &TransformInput, _geometry.Planes * Items(batch.Count + _geometry.Pieces - 1));
                context.Pool.Run(this, &batch, &Multiply, _geometry.Points * _weights.Groups.Count);
                context.Pool.Run(this, &batch, &TransformOutput, _blocks * Items(batch.Count));
            }
            batch.X += inputImage;
            batch.Y += outputImage;
            batch.Residual += batch.Residual is null ? 0 : outputImage;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _weights.Dispose();
        _bias.Dispose();
        _zeros.Dispose();
        _taps.Dispose();
    }

    private static int Items(int tiles) => (tiles + TilesPerItem - 1) / TilesPerItem;

    /// <summary>The step from point to point, kept off multiples of 4 KiB: all points of a tile are written at once, and would fall on one cache set.</summary>
    private static long Spread(long floats)
    {
        const int Line = 64 / sizeof(float);
        long lines = (floats + Line - 1) / Line;
        return ((lines + 63 - 5) / 64 * 64 + 5) * Line;
    }

    private int BatchTiles()
    {
        long perTile = (long)_geometry.Points * (_geometry.Planes + _blocks) * Layouts.Block * sizeof(float);
        long most = Math.Max(FewestTiles, BatchBytes / perTile);
        long batches = (_geometry.Tiles + most - 1) / most;
        long tiles = (_geometry.Tiles + batches - 1) / batches;
        // Whole pixel tiles, but no more than there are.
        return (int)Math.Min(_geometry.Tiles, (tiles + TTile.Pixels - 1) / TTile.Pixels * TTile.Pixels);
    }

    private AlignedBuffer MakeTaps(int inputTiles, out int count)
    {
        count = _geometry.Planes * _geometry.Pieces;
        var buffer = new AlignedBuffer((long)count * sizeof(Tap));
        var next = (Tap*)buffer.Data;
        for (int plane = 0; plane < _geometry.Planes; plane++)
        {
            int lanes = Math.Min(Layouts.Block, _problem.InChannels - (plane / _geometry.Phases * Layouts.Block));
            for (int piece = 0; piece < _geometry.Pieces; piece++)
            {
                *next++ = new Tap(checked(((plane * inputTiles) + piece) * Layouts.Block), lanes);
            }
        }
        return buffer;
    }

    private static void TransformInput(object owner, void* state, int item)
    {
        var kernel = Unsafe.As<WinogradConv<TTile, TLanes, TAlgorithm, TEpilogue>>(owner);
        var batch = (WinogradBatch*)state;
        int tiles = batch->Count + kernel._geometry.Pieces - 1;
        int items = Items(tiles);
        int first = item % items * TilesPerItem;
        kernel._transforms.Input(*batch, item / items, first, Math.Min(TilesPerItem, tiles - first));
    }

    private static void TransformOutput(object owner, void* state, int item)
    {
        var kernel = Unsafe.As<WinogradConv<TTile, TLanes, TAlgorithm, TEpilogue>>(owner);
        var batch = (WinogradBatch*)state;
        int items = Items(batch->Count);
        int first = item % items * TilesPerItem;
        kernel._transforms.Output(*batch, item / items, first, Math.Min(TilesPerItem, batch->Count - first));
    }

    private static void Multiply(object owner, void* state, int item) =>
        Unsafe.As<WinogradConv<TTile, TLanes, TAlgorithm, TEpilogue>>(owner).Multiply(*(WinogradBatch*)state, item);

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void Multiply(in WinogradBatch batch, int item)
    {
        int point = item / _weights.Groups.Count;
        int group = item % _weights.Groups.Count;
        int channels = _weights.Groups.Width(group);
        var finish = new PixelFinish
        {
            Y = batch.M + (point * _transforms.ProductStep) + ((long)_weights.Groups.Start(group) * _batchTiles),
            BlockStride = (long)_batchTiles * Layouts.Block,
            Channels = channels,
            Bias = (float*)_zeros.Data,
            Last = true,
        };
        float* x = batch.V + (point * _transforms.InputStep);
        float* w = _weights.Weights(point, group);
        byte* next = (byte*)(w + (_weights.FloatsPerChannel * channels));
        int* offsets = stackalloc int[TTile.MostPixels];
        int left = batch.Count;
        for (int tile = 0; left > 0; tile++)
        {
            int pixels = TTile.Take(left, channels);
            for (int i = 0; i < TTile.MostPixels; i++)
            {
                offsets[i] = Math.Min(i, pixels - 1) * Layouts.Block;
            }
            TTile.Multiply<IdentityEpilogue>(pixels, x, offsets, (Tap*)_taps.Data, _tapCount, w, next + ((tile & 7) * (long)_tapCount * Prefetch.LineBytes), finish);
            x += pixels * Layouts.Block;
            finish.Y += pixels * Layouts.Block;
            left -= pixels;
        }
    }
}

/// <summary>The addresses of a batch of tiles of one image.</summary>
internal unsafe struct WinogradBatch
{
    public float* X;
    public float* Y;
    public float* Residual;

    /// <summary>(blocks * 8)</summary>
    public float* Bias;

    /// <summary>Transformed inputs.</summary>
    public float* V;

    /// <summary>Products.</summary>
    public float* M;

    /// <summary>First tile of the batch.</summary>
    public int First;

    public int Count;
}
