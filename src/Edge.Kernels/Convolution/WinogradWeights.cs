using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Transformed weights in the order in which pixel tiles read them: (points, groups of output channels, planes, pieces, lanes,
/// output channels).
/// </summary>
internal sealed unsafe class WinogradWeights<TLanes> : IDisposable where TLanes : struct, ILanes<TLanes>
{
    private readonly WinogradGeometry _geometry;
    private readonly int _points;
    private readonly int _taps;
    private readonly float[] _kernel;
    private readonly AlignedBuffer _scratch;
    private readonly ChannelGroups _groups;
    private readonly long _perChannel;
    private readonly AlignedBuffer _weights;

    /// <param name="kernel">G of the algorithm, (points, taps).</param>
    /// <param name="take">Output channels of the next tile, given how many are left.</param>
    public WinogradWeights(WinogradGeometry geometry, double[,] kernel, Func<int, int> take)
    {
        _geometry = geometry;
        _points = kernel.GetLength(0);
        _taps = kernel.GetLength(1);
        _kernel = [.. kernel.Cast<double>().Select(v => (float)v)];
        ConvProblem problem = geometry.Problem;
        _groups = new ChannelGroups(problem.OutChannels, take);
        _perChannel = (long)problem.InChannels * geometry.Phases * geometry.Pieces;
        PointFloats = _groups.PaddedChannels * _perChannel;
        _scratch = new AlignedBuffer(checked((problem.Window.Kernel.Count + ((long)_points * _taps)) * _groups.Widest * sizeof(float)));
        _weights = new AlignedBuffer(checked(geometry.Points * PointFloats * sizeof(float)));
    }

    public ChannelGroups Groups => _groups;

    /// <summary>Floats of one output channel at one point.</summary>
    public long FloatsPerChannel => _perChannel;

    /// <summary>Floats of all groups at one point.</summary>
    private long PointFloats { get; }

    public long Bytes => _weights.Bytes;

    public float* Weights(int point, int group) => (float*)_weights.Data + (point * PointFloats) + (_groups.Start(group) * _perChannel);

    public void Dispose()
    {
        _weights.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Transforms weights (M, C, kernel H, kernel W), as many output channels at a time as there are lanes.</summary>
    public void Pack(float* source)
    {
        ConvProblem problem = _geometry.Problem;
        int taps = (int)problem.Window.Kernel.Count;
        long row = (long)problem.InChannels * taps;
        float* gathered = (float*)_scratch.Data;
        for (int group = 0; group < _groups.Count; group++)
        {
            int start = _groups.Start(group);
            int width = _groups.Width(group);
            int count = Math.Min(width, problem.OutChannels - start);
            NativeMemory.Clear(gathered, (nuint)taps * (nuint)width * sizeof(float));
            for (int c = 0; c < problem.InChannels; c++)
            {
                PanelTranspose.Run(source + (start * row) + ((long)c * taps), row, count, taps, gathered, width);
                PackChannel(gathered, Weights(0, group), width, c);
            }
        }
    }

    /// <param name="taps">(taps, width)</param>
    private void PackChannel(float* taps, float* target, int width, int channel)
    {
        int block = channel / Layouts.Block;
        int lanes = Math.Min(Layouts.Block, _geometry.Problem.InChannels - (block * Layouts.Block));
        // All planes before this one have eight lanes.
        long before = (long)block * Layouts.Block * _geometry.Phases * _geometry.Pieces;
        for (int phase = 0; phase < _geometry.Phases; phase++)
        {
            for (int piece = 0; piece < _geometry.Pieces; piece++)
            {
                float* to = target + ((before + ((((long)phase * _geometry.Pieces) + piece) * lanes) + (channel % Layouts.Block)) * width);
                for (int o = 0; o < width; o += TLanes.Count)
                {
                    if (_geometry.IsNested)
                    {
                        TransformSquare(taps + o, to + o, width);
                    }
                    else
                    {
                        TransformRow(taps + o, phase, piece, to + o, width);
                    }
                }
            }
        }
    }

    /// <summary>G g</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformRow(float* taps, int phase, int piece, float* target, int width)
    {
        int kernelWidth = _geometry.Problem.Window.Kernel.W;
        for (int i = 0; i < _points; i++, target += PointFloats)
        {
            TLanes sum = TLanes.Splat(0);
            for (int k = 0; k < _taps; k++)
            {
                int at = (((piece * _taps) + k) * _geometry.Phases) + phase;
                if (at < kernelWidth)
                {
                    sum = TLanes.MultiplyAdd(TLanes.Splat(_kernel[(i * _taps) + k]), TLanes.Load(taps + ((long)at * width)), sum);
                }
            }
            TLanes.Store(sum, target);
        }
    }

    /// <summary>G g G': columns first, into working memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformSquare(float* taps, float* target, int width)
    {
        float* columns = (float*)_scratch.Data + (_geometry.Problem.Window.Kernel.Count * _groups.Widest);
        Extent kernel = _geometry.Problem.Window.Kernel;
        fixed (float* matrix = _kernel)
        {
            float* factors = matrix;
            float* column = columns;
            for (int i = 0; i < _points; i++, factors += _taps)
            {
                for (int w = 0; w < kernel.W; w++, column += TLanes.Count)
                {
                    TLanes.Store(Combine(factors, taps + ((long)w * width), (long)kernel.W * width, kernel.H), column);
                }
            }
            for (int i = 0; i < _points; i++, columns += kernel.W * TLanes.Count)
            {
                factors = matrix;
                for (int j = 0; j < _points; j++, target += PointFloats, factors += _taps)
                {
                    TLanes.Store(Combine(factors, columns, TLanes.Count, kernel.W), target);
                }
            }
        }
    }

    /// <summary>The first factors of a row of G times values that lie <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Combine(float* factors, float* values, long stride, int count)
    {
        TLanes sum = TLanes.Multiply(TLanes.Splat(factors[0]), TLanes.Load(values));
        for (int k = 1; k < count; k++)
        {
            sum = TLanes.MultiplyAdd(TLanes.Splat(factors[k]), TLanes.Load(values + (k * stride)), sum);
        }
        return sum;
    }
}
