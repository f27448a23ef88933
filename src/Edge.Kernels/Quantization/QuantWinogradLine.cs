using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>How a long filter along a line is cut: every so many positions, the stride, a phase of its own, each in pieces of four taps.</summary>
internal readonly struct WinogradLine(QuantConvProblem problem)
{
    /// <summary>Fewest taps that are worth it.</summary>
    private const int LeastTaps = 8;

    /// <summary>Vectors that are loaded and stored to transform the inputs of a tile, and its results.</summary>
    private const double InputVectors = 40;
    private const double OutputVectors = 30;

    public int Phases { get; } = problem.Window.Stride.W;

    /// <summary>Pieces of a phase.</summary>
    public int Pieces { get; } = (((problem.Window.Kernel.W + problem.Window.Stride.W - 1) / problem.Window.Stride.W) + WinogradLineTransform.Side - 1) / WinogradLineTransform.Side;

    /// <summary>Tiles of four outputs, of which the last may reach beyond.</summary>
    public int Tiles { get; } = (problem.Output.W + WinogradLineTransform.Side - 1) / WinogradLineTransform.Side;

    public int Runs => Phases * Pieces;

    /// <summary>Columns of the input that tiles read.</summary>
    public int ReadWidth => checked((((WinogradLineTransform.Side * (Tiles + Pieces - 2)) + WinogradLineTransform.Points) * Phases));

    /// <summary>Whether the sums of every output channel stay below 2^28 in magnitude, and the rest of what the algorithm asks for.</summary>
    public static bool Fits(QuantConvProblem problem) =>
        problem.IsChannelsLast && problem.IsBytes && problem.Groups == 1 && problem.WeightSum < (1L << 28) / 128
        && problem.Input.H == 1 && problem.Output.H == 1 && problem.Window.Kernel.H == 1 && problem.Window.PadBegin.H == 0
        && problem.Window.Kernel.W >= LeastTaps && problem.Window.Stride.W <= 2 && problem.Window.Dilation.W == 1
        && (new WinogradLine(problem).ReadWidth + 1L) * (problem.InChannels + 64L) < int.MaxValue / 16;

    /// <summary>Estimated time: products of 16 bits with their weights, and the transforms.</summary>
    public static double Cost<TTile, TWords, TInts>(QuantConvProblem problem, CostModel model)
        where TTile : struct, IDotTile
        where TWords : struct, IWordLanes<TWords>
        where TInts : struct, IIntLanes<TInts>
    {
        var line = new WinogradLine(problem);
        double depth = WinogradWords.RoundUp(problem.InChannels, TWords.Count);
        double channels = WinogradWords.RoundUp(problem.OutChannels, TTile.Lanes);
        double weights = WinogradLineTransform.Points * line.Runs * depth * channels;
        double products = (WinogradWords.RoundUp(line.Tiles, TTile.MostPixels) * weights / (TTile.PerFloat * model.MultiplyAdds)) + (weights * sizeof(short) / model.WeightBytes);
        double transforms = line.Tiles * ((depth * line.Phases / TWords.Count * InputVectors) + (channels / TInts.Count * OutputVectors)) / model.VectorOperations;
        return problem.Batch * (products + transforms);
    }
}

/// <summary>
/// Convolution along a line by integer F(4, 4), without an error: seven products where the sums have sixteen. The filter is cut into pieces of four
/// taps; those of one phase of the stride read the same transformed inputs, one tile further each, and are summed before the transform back. Transformed inputs (up to 30 times) and
/// weights (up to 15 times) fit 16 bits; what becomes of them wraps around modulo 2^32, and is divided exactly by 360, as the true sums have less than 29 bits
/// (Winograd, 1980; Toom and Cook's points as in Lavin and Gray, 2016).
/// </summary>
internal sealed unsafe class QuantWinogradLine<TTile, TWords, TInts> : Kernel
    where TTile : struct, IDotTile
    where TWords : struct, IWordLanes<TWords>
    where TInts : struct, IIntLanes<TInts>
{
    /// <summary>Transformed inputs and products of one batch: most of a second-level cache.</summary>
    private const long BatchBytes = 384 * 1024;

    /// <summary>Fewest tiles of a batch: all weights are read for each batch.</summary>
    private const int FewestTiles = 48;

    /// <summary>Tiles that a thread transforms at a time.</summary>
    private const int TilesPerItem = 16;

    private readonly QuantConvProblem _problem;
    private readonly WinogradLine _line;
    private readonly BytePadding _padding;
    private readonly WinogradLineWords _weights;
    private readonly int _batchTiles;
    private readonly int _tileBytes;

    /// <summary>Bytes from phase to phase of the transformed inputs, and from point to point.</summary>
    private readonly long _phaseStep;
    private readonly long _inputStep;

    /// <summary>32-bit integers from point to point of the products.</summary>
    private readonly long _productStep;

    private readonly DotRun[] _runs;
    private bool _isPacked;

    public QuantWinogradLine(QuantConvProblem problem)
    {
        _problem = problem;
        _line = new WinogradLine(problem);
        _padding = new BytePadding(problem, 0, _line.ReadWidth);
        _weights = new WinogradLineWords(problem, _line, TWords.Count, TTile.Lanes);
        _tileBytes = _weights.Depth * sizeof(short);
        long most = Math.Max(FewestTiles, BatchBytes / (WinogradLineTransform.Points * (((long)_tileBytes * _line.Phases) + ((long)_weights.Numbers.Groups * TTile.Lanes * sizeof(int)))));
        _batchTiles = QuantWinograd.BatchTiles(_line.Tiles, most, TTile.MostPixels);
        _phaseStep = (long)(_batchTiles + _line.Pieces - 1) * _tileBytes;
        _inputStep = QuantWinograd.Spread(_phaseStep * _line.Phases);
        _productStep = QuantWinograd.Spread((long)_batchTiles * _weights.Numbers.Groups * TTile.Lanes * sizeof(int)) / sizeof(int);
        _runs = [.. Enumerable.Range(0, _line.Runs).Select(i => new DotRun(checked((int)((i / _line.Pieces * _phaseStep) + (i % _line.Pieces * _tileBytes))), _tileBytes / 4))];
    }

    public override long ScratchBytes =>
        checked(AlignedBuffer.Align(_padding.ScratchBytes) + (WinogradLineTransform.Points * (_inputStep + (_productStep * sizeof(int)))));

    public override long PackedBytes => _weights.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            _weights.Pack<TTile>((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            _weights.Pack<TTile>((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        byte* scratch = context.Scratch + AlignedBuffer.Align(_padding.ScratchBytes);
        var batch = new Batch { Input = (sbyte*)context.Input(0), X = (sbyte*)context.Input(0), Y = context.Output(0), V = scratch, M = (int*)(scratch + (WinogradLineTransform.Points * _inputStep)) };
        for (int n = 0; n < _problem.Batch; n++)
        {
            if (_padding.IsNeeded)
            {
                batch.X = (sbyte*)context.Scratch;
                context.Pool.Run(this, &batch, &CopyRows, _padding.Items);
            }
            for (batch.First = 0; batch.First < _line.Tiles; batch.First += _batchTiles)
            {
                batch.Count = Math.Min(_batchTiles, _line.Tiles - batch.First);
                context.Pool.Run(this, &batch, &TransformInput, Items(batch.Count + _line.Pieces - 1));
                context.Pool.Run(this, &batch, &Multiply, WinogradLineTransform.Points * _weights.Numbers.Groups);
                context.Pool.Run(this, &batch, &TransformOutput, Items(batch.Count));
            }
            batch.Input += _problem.Input.Count * _problem.InChannels;
            batch.X = batch.Input;
            batch.Y += _problem.Output.Count * _problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing) => _weights.Dispose();

    private static int Items(int tiles) => (tiles + TilesPerItem - 1) / TilesPerItem;

    private static void CopyRows(object owner, void* state, int item)
    {
        var batch = (Batch*)state;
        ((QuantWinogradLine<TTile, TWords, TInts>)owner)._padding.CopyRows(batch->Input, batch->X, item);
    }

    private static void TransformInput(object owner, void* state, int item) => ((QuantWinogradLine<TTile, TWords, TInts>)owner).TransformInput(*(Batch*)state, item);

    private static void Multiply(object owner, void* state, int item) => ((QuantWinogradLine<TTile, TWords, TInts>)owner).Multiply(*(Batch*)state, item);

    private static void TransformOutput(object owner, void* state, int item) => ((QuantWinogradLine<TTile, TWords, TInts>)owner).TransformOutput(*(Batch*)state, item);

    /// <summary>All phases of some tiles.</summary>
    private void TransformInput(in Batch batch, int item)
    {
        long position = (long)_line.Phases * _problem.InChannels;
        int end = Math.Min(batch.Count + _line.Pieces - 1, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            sbyte* x = batch.X + ((long)(batch.First + tile) * WinogradLineTransform.Side * position);
            for (int phase = 0; phase < _line.Phases; phase++)
            {
                byte* v = batch.V + (phase * _phaseStep) + ((long)tile * _tileBytes);
                WinogradLineTransform.Input<TWords>(x + ((long)phase * _problem.InChannels), position, _weights.Depth, (short*)v, _inputStep / sizeof(short));
            }
        }
    }

    /// <summary>All tiles of the batch at one point for one group of output channels.</summary>
    [SkipLocalsInit]
    private void Multiply(in Batch batch, int item)
    {
        int point = item / _weights.Numbers.Groups;
        int group = item % _weights.Numbers.Groups;
        int* offsets = stackalloc int[TTile.MostPixels];
        sbyte* x = (sbyte*)batch.V + (point * _inputStep);
        sbyte* w = _weights.Weights(point, group);
        DotFinish finish = _weights.Numbers.Finish(group);
        finish.Bias = _weights.Numbers.Zeros;
        finish.Y = (byte*)(batch.M + (point * _productStep) + ((long)group * _batchTiles * TTile.Lanes));
        finish.PixelStride = TTile.Lanes * sizeof(int);
        int left = batch.Count;
        fixed (DotRun* runs = _runs)
        {
            for (int calls = (left + TTile.MostPixels - 1) / TTile.MostPixels; calls > 0; calls--)
            {
                int tiles = (left + calls - 1) / calls;
                for (int i = 0; i < TTile.MostPixels; i++)
                {
                    offsets[i] = Math.Min(i, tiles - 1) * _tileBytes;
                }
                TTile.Multiply<DotUnscaled>(tiles, x, offsets, runs, _runs.Length, w, finish);
                x += (long)tiles * _tileBytes;
                finish.Y += tiles * finish.PixelStride;
                left -= tiles;
            }
        }
    }

    [SkipLocalsInit]
    private void TransformOutput(in Batch batch, int item)
    {
        int* sums = stackalloc int[WinogradLineTransform.Side * TTile.Lanes];
        int end = Math.Min(batch.Count, (item + 1) * TilesPerItem);
        for (int tile = item * TilesPerItem; tile < end; tile++)
        {
            int column = (batch.First + tile) * WinogradLineTransform.Side;
            for (int group = 0; group < _weights.Numbers.Groups; group++)
            {
                int* m = batch.M + ((((long)group * _batchTiles) + tile) * TTile.Lanes);
                for (int lane = 0; lane < TTile.Lanes; lane += TInts.Count)
                {
                    WinogradLineTransform.Output<TInts>(m + lane, _productStep, _weights.Numbers.Bias(group) + lane, sums + lane, TTile.Lanes);
                }
                DotFinish finish = _weights.Numbers.Finish(group);
                finish.Y = batch.Y + ((long)column * _problem.OutChannels) + (group * TTile.Lanes);
                DotBytes.Store(Math.Min(WinogradLineTransform.Side, _problem.Output.W - column), 1, sums, finish);
            }
        }
    }

    /// <summary>The addresses of a batch of tiles of one image.</summary>
    private struct Batch
    {
        public sbyte* Input;
        public sbyte* X;
        public byte* Y;

        /// <summary>Transformed inputs: points, phases, tiles, channels of 16 bits.</summary>
        public byte* V;

        /// <summary>Products: points, groups, tiles, lanes.</summary>
        public int* M;

        /// <summary>First tile of the batch.</summary>
        public int First;

        public int Count;
    }
}
