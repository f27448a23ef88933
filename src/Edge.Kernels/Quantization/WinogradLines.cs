using System.Runtime.CompilerServices;

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

    private readonly QuantConvProblem _problem;
    private readonly WinogradLine _line;
    private readonly WinogradLineWords _weights;

    /// <summary>Bytes from phase to phase of the transformed inputs.</summary>
    private readonly long _phaseStep;

    private readonly DotRun[] _runs;

    public WinogradLines(QuantConvProblem problem)
    {
        _problem = problem;
        _line = new WinogradLine(problem);
        Padding = new BytePadding(problem, 0, _line.ReadWidth);
        _weights = new WinogradLineWords(problem, _line, TWords.Count, TTile.Lanes);
        int tileBytes = _weights.Depth * sizeof(short);
        int lead = _line.Pieces - 1;
        long most = Math.Max(FewestTiles, BatchBytes / (WinogradLineTransform.Points * (((long)tileBytes * _line.Phases) + ((long)Numbers.Groups * TTile.Lanes * sizeof(int)))));
        int batchTiles = WinogradBatch.Tiles(_line.Tiles, most, TTile.MostPixels);
        Shape = new WinogradShape(WinogradLineTransform.Points, _line.Tiles, batchTiles, lead, TilesPerItem: 16, tileBytes);
        _phaseStep = (long)(batchTiles + lead) * tileBytes;
        InputStep = WinogradBatch.Spread(_phaseStep * _line.Phases);
        ProductStep = WinogradBatch.Spread((long)batchTiles * Numbers.Groups * TTile.Lanes * sizeof(int)) / sizeof(int);
        _runs = [.. Enumerable.Range(0, _line.Runs).Select(i => new DotRun(checked((int)((i / _line.Pieces * _phaseStep) + (i % _line.Pieces * tileBytes))), tileBytes / 4))];
    }

    public override BytePadding Padding { get; }

    public override WinogradNumbers Numbers => _weights.Numbers;

    public override long PackedBytes => _weights.Bytes;

    public override void PackSums(sbyte* weights) => _weights.PackSums<TTile>(weights);

    public override void Dispose() => _weights.Dispose();

    protected override int LanesOf(int group) => TTile.Lanes;

    protected override sbyte* Weights(int point, int group) => _weights.Weights(point, group);

    /// <summary>All phases of some tiles.</summary>
    protected override void TransformInput(in WinogradBatch batch, int first, int end)
    {
        long position = (long)_line.Phases * _problem.InChannels;
        for (int tile = first; tile < end; tile++)
        {
            sbyte* x = batch.X + ((long)(batch.First + tile) * WinogradLineTransform.Side * position);
            for (int phase = 0; phase < _line.Phases; phase++)
            {
                byte* v = batch.V + (phase * _phaseStep) + ((long)tile * Shape.TileBytes);
                WinogradLineTransform.Input<TWords>(x + ((long)phase * _problem.InChannels), position, _weights.Depth, (short*)v, InputStep / sizeof(short));
            }
        }
    }

    protected override void Multiply(int tiles, sbyte* x, sbyte* w, in DotFinish finish)
    {
        fixed (DotRun* runs = _runs)
        {
            WinogradCalls.Multiply<WinogradTile<TTile, TWords, TInts>>(tiles, Shape.TileBytes, x, runs, _runs.Length, w, finish);
        }
    }

    [SkipLocalsInit]
    protected override void TransformOutput(in WinogradBatch batch, int first, int end)
    {
        int* sums = stackalloc int[WinogradLineTransform.Side * TTile.Lanes];
        for (int tile = first; tile < end; tile++)
        {
            int column = (batch.First + tile) * WinogradLineTransform.Side;
            for (int group = 0; group < Numbers.Groups; group++)
            {
                int* m = Products(batch, tile, group);
                DotFinish finish = batch.Finish.At(group * TTile.Lanes, TTile.Lanes);
                finish.Y += (column * finish.PixelStride) + (group * batch.GroupStride);
                for (int lane = 0; lane < TTile.Lanes; lane += TInts.Count)
                {
                    WinogradLineTransform.Output<TInts>(m + lane, ProductStep, finish.Bias + lane, sums + lane, TTile.Lanes);
                }
                TEnd.Store(Math.Min(WinogradLineTransform.Side, _problem.Output.W - column), 1, sums, finish);
            }
        }
    }
}
