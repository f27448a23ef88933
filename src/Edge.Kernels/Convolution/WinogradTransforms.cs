using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>The transforms of <see cref="WinogradConv{TTile, TLanes, TAlgorithm, TEpilogue}"/>: eight channels of one tile at a time.</summary>
/// <param name="inputStep">Floats from point to point of the transformed inputs, (planes, inputTiles, 8) each.</param>
/// <param name="productStep">Floats from point to point of the products, (blocks, batchTiles, 8) each.</param>
internal sealed unsafe class WinogradTransforms<TLanes, TAlgorithm, TEpilogue>(
    WinogradGeometry geometry, long inputStep, long productStep, int inputTiles, int batchTiles)
    where TLanes : struct, ILanes<TLanes>
    where TAlgorithm : struct, IWinograd
    where TEpilogue : struct, IEpilogue
{
    private const int Block = Layouts.Block;

    private readonly ConvProblem _problem = geometry.Problem;

    public long InputStep => inputStep;

    public long ProductStep => productStep;

    /// <summary>Transforms the inputs of some tiles of one plane. Tiles count from the first one of the batch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Input(in WinogradBatch batch, int plane, int first, int count)
    {
        int phases = geometry.Phases;
        float* x = batch.X + (plane / phases * _problem.Input.Count * Block);
        float* target = batch.V + ((((long)plane * inputTiles) + first) * Block);
        int inputs = TAlgorithm.Inputs;
        int rows = geometry.IsNested ? inputs : 1;
        float* patch = stackalloc float[rows * inputs * Block];
        float* half = stackalloc float[rows * TAlgorithm.Points * Block];
        int points = TAlgorithm.Points;
        int width = _problem.Input.W;
        for (int i = 0; i < count; i++, target += Block)
        {
            int tile = batch.First + first + i;
            (int tileRow, int tileColumn) = Split(tile);
            int row = geometry.IsNested ? (tileRow * TAlgorithm.Outputs) - _problem.Window.PadBegin.H : tileRow;
            int column = (tileColumn * TAlgorithm.Outputs * phases) + (plane % phases) - _problem.Window.PadBegin.W;
            float* source = x + ((((long)row * width) + column) * Block);
            long rowStep = (long)width * Block;
            long step = phases * Block;
            if (row < 0 || column < 0 || row + rows > _problem.Input.H || column + ((inputs - 1) * phases) >= width)
            {
                Gather(x, row, column, rows, patch);
                source = patch;
                rowStep = inputs * Block;
                step = Block;
            }
            if (rows == 1)
            {
                TransformRow(source, step, target, inputStep);
                continue;
            }
            for (int r = 0; r < inputs; r++)
            {
                TransformRow(source + (r * rowStep), step, half + (r * points * Block), Block);
            }
            for (int c = 0; c < points; c++)
            {
                TransformRow(half + (c * Block), points * Block, target + (c * inputStep), points * inputStep);
            }
        }
    }

    /// <summary>Transforms the products of some tiles of one block of channels back, and finishes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Output(in WinogradBatch batch, int block, int first, int count)
    {
        float* products = batch.M + ((((long)block * batchTiles) + first) * Block);
        float* half = stackalloc float[(geometry.IsNested ? TAlgorithm.Points * TAlgorithm.Outputs : 0) * Block];
        float* row = stackalloc float[TAlgorithm.Outputs * Block];
        int points = TAlgorithm.Points;
        long plane = block * _problem.Output.Count * Block;
        for (int i = 0; i < count; i++, products += Block)
        {
            (int tileRow, int tileColumn) = Split(batch.First + first + i);
            int column = tileColumn * TAlgorithm.Outputs;
            int columns = Math.Min(TAlgorithm.Outputs, _problem.Output.W - column);
            if (!geometry.IsNested)
            {
                TransformBack(products, productStep, row, Block);
                Finish(batch, row, plane + ((((long)tileRow * _problem.Output.W) + column) * Block), columns, block);
                continue;
            }
            for (int c = 0; c < points; c++)
            {
                TransformBack(products + (c * productStep), points * productStep, half + (c * Block), points * Block);
            }
            int outputRow = tileRow * TAlgorithm.Outputs;
            int rows = Math.Min(TAlgorithm.Outputs, _problem.Output.H - outputRow);
            for (int r = 0; r < rows; r++)
            {
                TransformBack(half + (r * points * Block), Block, row, Block);
                Finish(batch, row, plane + (((((long)outputRow + r) * _problem.Output.W) + column) * Block), columns, block);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformRow(float* source, long step, float* target, long targetStep)
    {
        for (int lane = 0; lane < Block; lane += TLanes.Count)
        {
            TAlgorithm.Input<TLanes>(source + lane, step, target + lane, targetStep);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformBack(float* source, long step, float* target, long targetStep)
    {
        for (int lane = 0; lane < Block; lane += TLanes.Count)
        {
            TAlgorithm.Output<TLanes>(source + lane, step, target + lane, targetStep);
        }
    }

    /// <summary>Adds bias and residual to one row of a tile, applies the activation, and stores it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Finish(in WinogradBatch batch, float* row, long at, int columns, int block)
    {
        float* y = batch.Y + at;
        float* residual = batch.Residual is null ? null : batch.Residual + at;
        float* bias = batch.Bias + (block * Block);
        Activation activation = _problem.Activation;
        for (int i = 0; i < columns * Block; i += TLanes.Count)
        {
            TLanes value = TLanes.Add(TLanes.Load(row + i), TLanes.Load(bias + (i % Block)));
            if (residual is not null)
            {
                value = TLanes.Add(value, TLanes.Load(residual + i));
            }
            TLanes.Store(TEpilogue.Apply(value, activation.Alpha, activation.Beta), y + i);
        }
        if (Epilogues.IsSeparate(activation.Kind))
        {
            activation.ApplyInPlace(y, columns * Block);
        }
    }

    private (int Row, int Column) Split(int tile) =>
        // Pieces reach beyond the last tile of the only row.
        geometry.TilesH == 1 ? (0, tile) : (tile / geometry.TilesW, tile % geometry.TilesW);

    /// <summary>Copies what a tile reads, zeros where it reaches beyond the input.</summary>
    private void Gather(float* x, int row, int column, int rows, float* patch)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < TAlgorithm.Inputs; i++, patch += Block)
            {
                int y = row + r;
                int at = column + (i * geometry.Phases);
                bool inside = (uint)y < (uint)_problem.Input.H && (uint)at < (uint)_problem.Input.W;
                float* source = x + ((((long)y * _problem.Input.W) + at) * Block);
                for (int lane = 0; lane < Block; lane += TLanes.Count)
                {
                    TLanes.Store(inside ? TLanes.Load(source + lane) : TLanes.Splat(0), patch + lane);
                }
            }
        }
    }
}
