using System.Runtime.CompilerServices;
using Edge.Kernels.Threading;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution along a line by integer F(4, 4), without an error: seven products where the sums have sixteen. The filter is cut into pieces of four
/// taps; those of one phase of the stride read the same transformed inputs, one tile further each, and are summed before the transform back. Transformed inputs (up to 30 times) and
/// weights (up to 15 times) fit 16 bits; what becomes of them wraps around modulo 2^32, and is divided exactly by 360, as the true sums have less than 29 bits
/// (Winograd, 1980; Toom and Cook's points as in Lavin and Gray, 2016).
/// </summary>
internal sealed unsafe class WinogradLines<TTile, TWords, TInts, TEnd> : WinogradSweep<TEnd>
    where TTile : struct, IDotTile
    where TWords : struct, IWordLanes<TWords>
    where TInts : struct, IIntLanes<TInts>
    where TEnd : struct, IDotEnd
{
    /// <summary>Transformed inputs and products of one batch: most of a second-level cache.</summary>
    private const long BatchBytes = 384 * 1024;

    /// <summary>Fewest tiles of a batch: all weights are read for each batch.</summary>
    private const int FewestTiles = 48;

    /// <summary>Tiles that a thread transforms at a time.</summary>
    private const int TilesPerItem = 16;

    private readonly QuantConvProblem _problem;
    private readonly WinogradLine _line;
    private readonly WinogradLineWords _weights;
    private readonly int _batchTiles;
    private readonly int _tileBytes;

    /// <summary>Bytes from phase to phase of the transformed inputs, and from point to point.</summary>
    private readonly long _phaseStep;
    private readonly long _inputStep;

    /// <summary>32-bit integers from point to point of the products.</summary>
    private readonly long _productStep;

    private readonly DotRun[] _runs;

    public WinogradLines(QuantConvProblem problem)
    {
        _problem = problem;
        _line = new WinogradLine(problem);
        Padding = new BytePadding(problem, 0, _line.ReadWidth);
        _weights = new WinogradLineWords(problem, _line, TWords.Count, TTile.Lanes);
        _tileBytes = _weights.Depth * sizeof(short);
        long most = Math.Max(FewestTiles, BatchBytes / (WinogradLineTransform.Points * (((long)_tileBytes * _line.Phases) + ((long)Numbers.Groups * TTile.Lanes * sizeof(int)))));
        _batchTiles = WinogradBatch.Tiles(_line.Tiles, most, TTile.MostPixels);
        _phaseStep = (long)(_batchTiles + _line.Pieces - 1) * _tileBytes;
        _inputStep = WinogradBatch.Spread(_phaseStep * _line.Phases);
        _productStep = WinogradBatch.Spread((long)_batchTiles * Numbers.Groups * TTile.Lanes * sizeof(int)) / sizeof(int);
        _runs = [.. Enumerable.Range(0, _line.Runs).Select(i => new DotRun(checked((int)((i / _line.Pieces * _phaseStep) + (i % _line.Pieces * _tileBytes))), _tileBytes / 4))];
    }

    public override BytePadding Padding { get; }

    public override WinogradNumbers Numbers => _weights.Numbers;

    public override long ScratchBytes => checked(WinogradLineTransform.Points * (_inputStep + (_productStep * sizeof(int))));

    public override long PackedBytes => _weights.Bytes;

    public override void PackSums(sbyte* weights) => _weights.PackSums<TTile>(weights);

    public override void Run(WorkerPool pool, sbyte* x, byte* scratch, in DotFinish finish, long groupStride)
    {
        var batch = new Batch { X = x, V = scratch, M = (int*)(scratch + (WinogradLineTransform.Points * _inputStep)), Finish = finish, GroupStride = groupStride };
        for (batch.First = 0; batch.First < _line.Tiles; batch.First += _batchTiles)
        {
            batch.Count = Math.Min(_batchTiles, _line.Tiles - batch.First);
            pool.Run(this, &batch, &TransformInput, Items(batch.Count + _line.Pieces - 1));
            pool.Run(this, &batch, &Multiply, WinogradLineTransform.Points * Numbers.Groups);
            pool.Run(this, &batch, &TransformOutput, Items(batch.Count));
        }
    }

    public override void Dispose() => _weights.Dispose();

    private static int Items(int tiles) => (tiles + TilesPerItem - 1) / TilesPerItem;

    private static void TransformInput(object owner, void* state, int item) => ((WinogradLines<TTile, TWords, TInts, TEnd>)owner).TransformInput(*(Batch*)state, item);

    private static void Multiply(object owner, void* state, int item) => ((WinogradLines<TTile, TWords, TInts, TEnd>)owner).Multiply(*(Batch*)state, item);

    private static void TransformOutput(object owner, void* state, int item) => ((WinogradLines<TTile, TWords, TInts, TEnd>)owner).TransformOutput(*(Batch*)state, item);

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
        int point = item / Numbers.Groups;
        int group = item % Numbers.Groups;
        int* offsets = stackalloc int[TTile.MostPixels];
        sbyte* x = (sbyte*)batch.V + (point * _inputStep);
        sbyte* w = _weights.Weights(point, group);
        var finish = new DotFinish
        {
            Bias = Numbers.Zeros,
            Y = (byte*)(batch.M + (point * _productStep) + ((long)group * _batchTiles * TTile.Lanes)),
            PixelStride = TTile.Lanes * sizeof(int),
            Channels = Numbers.Channels(group),
        };
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
            for (int group = 0; group < Numbers.Groups; group++)
            {
                int* m = batch.M + ((((long)group * _batchTiles) + tile) * TTile.Lanes);
                DotFinish finish = batch.Finish.At(group * TTile.Lanes, TTile.Lanes);
                finish.Y += (column * finish.PixelStride) + (group * batch.GroupStride);
                for (int lane = 0; lane < TTile.Lanes; lane += TInts.Count)
                {
                    WinogradLineTransform.Output<TInts>(m + lane, _productStep, finish.Bias + lane, sums + lane, TTile.Lanes);
                }
                TEnd.Store(Math.Min(WinogradLineTransform.Side, _problem.Output.W - column), 1, sums, finish);
            }
        }
    }

    /// <summary>The addresses of a batch of tiles of one image.</summary>
    private struct Batch
    {
        public sbyte* X;

        /// <summary>Transformed inputs: points, phases, tiles, channels of 16 bits.</summary>
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
