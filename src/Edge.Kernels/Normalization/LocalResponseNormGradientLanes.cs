using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>
/// Float32 over lanes along the spatial axis: a tile is a vector of positions through all channels. The last vector of an image reaches
/// back over positions that the one before it has computed; both write the same values.
/// </summary>
internal sealed unsafe class LocalResponseNormGradientLanes<T, TPower> : TiledKernel
    where T : struct, ILanes<T>
    where TPower : struct, IResponsePower
{
    private readonly LocalResponseNormProblem _problem;
    private readonly int _tilesPerImage;

    /// <param name="problem">At least as many positions as there are lanes.</param>
    public LocalResponseNormGradientLanes(LocalResponseNormProblem problem) : base(2)
    {
        _problem = problem;
        _tilesPerImage = checked((int)((problem.Spatial + T.Count - 1) / T.Count));
        SetTiles(problem.Batch * _tilesPerImage, 2L * problem.Channels * T.Count * sizeof(float));
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long start = (tile / _tilesPerImage * _problem.Channels * _problem.Spatial) + Math.Min((long)(tile % _tilesPerImage) * T.Count, _problem.Spatial - T.Count);
        Differentiate((float*)arguments.Input(0) + start, (float*)arguments.Input(1) + start, (float*)arguments.Output + start, (float*)scratch);
    }

    /// <summary>First dy[c] * s[c]^-beta and the terms of all channels, then what the windows take away.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Differentiate(float* dy, float* x, float* dx, float* terms)
    {
        long pitch = _problem.Spatial;
        float* scaled = terms + ((long)_problem.Channels * T.Count);
        float alpha = _problem.Alpha / _problem.Size;
        for (int c = 0; c < _problem.Channels; c++)
        {
            T sum = T.Splat(0f);
            for (int j = _problem.First(c); j < _problem.End(c); j++)
            {
                T value = T.Load(x + (j * pitch));
                sum = T.MultiplyAdd(value, value, sum);
            }
            T s = T.MultiplyAdd(T.Splat(alpha), sum, T.Splat(_problem.Bias));
            T divided = TPower.Divide(T.Load(dy + (c * pitch)), s, _problem.Beta);
            T.Store(T.Divide(T.Multiply(divided, T.Load(x + (c * pitch))), s), terms + (c * T.Count));
            T.Store(divided, scaled + (c * T.Count));
        }
        T factor = T.Splat(-2 * alpha * _problem.Beta);
        for (int c = 0; c < _problem.Channels; c++)
        {
            // The window of j reaches from j - (size - 1) / 2 to j + size / 2.
            int first = (int)Math.Max(0, (long)c - (_problem.Size / 2));
            int last = (int)Math.Min(_problem.Channels - 1L, (long)c + ((_problem.Size - 1) / 2));
            T sum = T.Splat(0f);
            for (int j = first; j <= last; j++)
            {
                sum = T.Add(sum, T.Load(terms + (j * T.Count)));
            }
            T.Store(T.MultiplyAdd(T.Multiply(factor, T.Load(x + (c * pitch))), sum, T.Load(scaled + (c * T.Count))), dx + (c * pitch));
        }
    }
}
