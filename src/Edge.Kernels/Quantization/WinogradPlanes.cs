using System.Runtime.CompilerServices;

namespace Edge.Kernels.Quantization;

/// <summary>
/// 3x3 convolution of an image by Winograd's F(4, 3) nested, in integers and without an error: a quarter of the products. Transformed inputs and weights (times
/// 6 to 24 along each axis) fit 16 bits; sums of their products and what becomes of them wrap around modulo 2^32; the results are 576
/// times the true sums, and are divided exactly by the inverse of 9 modulo 2^32 and a shift, as the true sums have less than 26 bits.
/// </summary>
internal sealed unsafe class WinogradPlanes<TProducts, TEnd> : WinogradSweep<TEnd>
    where TProducts : struct, IWinogradProducts
    where TEnd : struct, IDotEnd
{
    private readonly QuantConvProblem _problem;
    private readonly WinogradTiling _tiling;
    private readonly WinogradWords _weights;

    public WinogradPlanes(QuantConvProblem problem)
    {
        _problem = problem;
        _tiling = new WinogradTiling(problem.Output.H, problem.Output.W);
        Padding = new BytePadding(problem, _tiling.ReadHeight, _tiling.ReadWidth);
        _weights = new WinogradWords(problem, TProducts.Lanes, TProducts.Words);
        int batchTiles = WinogradPlane.BatchTiles<TProducts>(problem, _tiling);
        int tileBytes = _weights.Depth * sizeof(short);
        Shape = new WinogradShape(WinogradTiling.Points, _tiling.Count, batchTiles, LeadTiles: 0, TilesPerItem: 8, tileBytes);
        InputStep = WinogradBatch.Spread((long)batchTiles * tileBytes);
        ProductStep = WinogradBatch.Spread((long)batchTiles * Numbers.Groups * TProducts.Lanes * sizeof(int)) / sizeof(int);
    }

    public override BytePadding Padding { get; }

    public override WinogradNumbers Numbers => _weights.Numbers;

    public override long PackedBytes => _weights.Bytes;

    public override void PackSums(sbyte* weights) => _weights.PackSums<TProducts>(weights);

    public override void Dispose() => _weights.Dispose();

    protected override int LanesOf(int group) => _weights.Vectors(group) * WinogradWords.Vector;

    protected override sbyte* Weights(int point, int group) => _weights.Weights(point, group);

    protected override void TransformInput(in WinogradBatch batch, int first, int end)
    {
        for (int tile = first; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            sbyte* x = batch.X + (row * Padding.RowBytes) + ((long)column * _problem.InChannels);
            byte* v = batch.V + ((long)tile * Shape.TileBytes);
            TProducts.Input(x, Padding.RowBytes, _problem.InChannels, _weights.Depth, (short*)v, InputStep / sizeof(short));
        }
    }

    protected override void Multiply(int tiles, sbyte* x, sbyte* w, in DotFinish finish)
    {
        var run = new DotRun(0, _weights.Depth / 2);
        WinogradCalls.Multiply<TProducts>(tiles, Shape.TileBytes, x, &run, 1, w, finish);
    }

    [SkipLocalsInit]
    protected override void TransformOutput(in WinogradBatch batch, int first, int end)
    {
        int* sums = stackalloc int[WinogradTiling.Side * WinogradTiling.Side * TProducts.Lanes];
        for (int tile = first; tile < end; tile++)
        {
            (int row, int column) = _tiling.Position(batch.First + tile);
            for (int group = 0; group < Numbers.Groups; group++)
            {
                int lanes = LanesOf(group);
                int* m = Products(batch, tile, group);
                int* bias = batch.Finish.Bias + (group * TProducts.Lanes);
                for (int lane = 0; lane < lanes; lane += TProducts.Ints)
                {
                    TProducts.Output(m + lane, ProductStep, bias + lane, sums + lane, lanes);
                }
                Store(batch, row, column, group, sums);
            }
        }
    }

    /// <summary>The part of a tile that lies on the output. Its sums hold the bias already.</summary>
    private void Store(in WinogradBatch batch, int row, int column, int group, int* sums)
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
}
