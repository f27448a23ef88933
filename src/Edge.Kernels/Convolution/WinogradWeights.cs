using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Transformed weights in the order in which pixel tiles read them: (points, groups of output channels, planes, pieces, lanes,
/// output channels). Transformed in double precision, rounded once.
/// </summary>
internal sealed unsafe class WinogradWeights : IDisposable
{
    private readonly WinogradGeometry _geometry;
    private readonly double[,] _kernel;
    private readonly ChannelGroups _groups;
    private readonly long _perChannel;
    private readonly AlignedBuffer _weights;

    /// <param name="kernel">G of the algorithm, (points, taps).</param>
    /// <param name="take">Output channels of the next tile, given how many are left.</param>
    public WinogradWeights(WinogradGeometry geometry, double[,] kernel, Func<int, int> take)
    {
        _geometry = geometry;
        _kernel = kernel;
        ConvProblem problem = geometry.Problem;
        _groups = new ChannelGroups(problem.OutChannels, take);
        _perChannel = (long)problem.InChannels * geometry.Phases * geometry.Pieces;
        _weights = new AlignedBuffer(checked(geometry.Points * PointFloats * sizeof(float)));
    }

    public ChannelGroups Groups => _groups;

    /// <summary>Floats of one output channel at one point.</summary>
    public long FloatsPerChannel => _perChannel;

    /// <summary>Floats of all groups at one point.</summary>
    private long PointFloats => _groups.PaddedChannels * _perChannel;

    public long Bytes => _weights.Bytes;

    public float* Weights(int point, int group) => (float*)_weights.Data + (point * PointFloats) + (_groups.Start(group) * _perChannel);

    public void Dispose() => _weights.Dispose();

    /// <summary>Transforms weights (M, C, kernel H, kernel W).</summary>
    public void Pack(float* source)
    {
        ConvProblem problem = _geometry.Problem;
        int taps = (int)problem.Window.Kernel.Count;
        for (int group = 0; group < _groups.Count; group++)
        {
            int start = _groups.Start(group);
            int width = _groups.Width(group);
            for (int o = start; o < Math.Min(problem.OutChannels, start + width); o++)
            {
                for (int c = 0; c < problem.InChannels; c++)
                {
                    PackChannel(source + ((((long)o * problem.InChannels) + c) * taps), Weights(0, group) + (o - start), width, c);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                long lane = before + ((((long)phase * _geometry.Pieces) + piece) * lanes) + (channel % Layouts.Block);
                Transform(taps, phase, piece, target + (lane * width));
            }
        }
    }

    /// <summary>G g along one axis, G g G' along two.</summary>
    private void Transform(float* taps, int phase, int piece, float* target)
    {
        int points = _kernel.GetLength(0);
        int r = _kernel.GetLength(1);
        long step = PointFloats;
        int width = _geometry.Problem.Window.Kernel.W;
        int rows = _geometry.IsNested ? points : 1;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < points; j++, target += step)
            {
                double sum = 0;
                for (int h = 0; h < (_geometry.IsNested ? r : 1); h++)
                {
                    double row = 0;
                    for (int k = 0; k < r; k++)
                    {
                        int at = (((piece * r) + k) * _geometry.Phases) + phase;
                        row += at < width ? _kernel[j, k] * taps[(h * width) + at] : 0;
                    }
                    sum += _geometry.IsNested ? _kernel[i, h] * row : row;
                }
                *target = (float)sum;
            }
        }
    }
}
