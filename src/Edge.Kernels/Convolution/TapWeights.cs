using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Weights and bias of a convolution in the order in which pixel tiles read them: for each group of output channels of a tile
/// (output channels beyond the last one are 0) and each tap, one row of output channels per lane.
/// </summary>
internal sealed unsafe class TapWeights : IDisposable
{
    private readonly ConvProblem _problem;
    private readonly int _channels;
    private readonly int _block;
    private readonly AlignedBuffer _weights;
    private readonly AlignedBuffer _bias;

    /// <param name="channels">Output channels of a tile.</param>
    /// <param name="block">Input channels per tap: 8 for blocked input, 1 for planar input.</param>
    public TapWeights(ConvProblem problem, int channels, int block)
    {
        _problem = problem;
        _channels = channels;
        _block = block;
        GroupsPerConvGroup = (int)(((long)problem.GroupOutChannels + channels - 1) / channels);
        Groups = checked(GroupsPerConvGroup * problem.Groups);
        _weights = new AlignedBuffer(checked(Groups * GroupFloats * sizeof(float)));
        _bias = new AlignedBuffer(checked((long)Groups * channels * sizeof(float)));
    }

    /// <summary>Groups of output channels, all groups of the convolution together.</summary>
    public int Groups { get; }

    /// <summary>Groups of output channels in one group of the convolution.</summary>
    public int GroupsPerConvGroup { get; }

    public long Bytes => _weights.Bytes + _bias.Bytes;

    /// <summary>Floats of one group.</summary>
    public long GroupFloats => _problem.Taps * _channels;

    public float* Weights(int group) => (float*)_weights.Data + (group * GroupFloats);

    public float* Bias(int group) => (float*)_bias.Data + ((long)group * _channels);

    public void Dispose()
    {
        _weights.Dispose();
        _bias.Dispose();
    }

    /// <summary>Brings weights (M, C/G, taps) into order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PackWeights(float* source)
    {
        int taps = (int)_problem.Window.Kernel.Count;
        long row = _problem.Taps;
        for (int group = 0; group < Groups; group++)
        {
            (int first, int count) = OutputChannels(group);
            float* from = source + (first * row);
            float* to = Weights(group);
            for (int c = 0; c < _problem.GroupInChannels; c += _block)
            {
                int lanes = Math.Min(_block, _problem.GroupInChannels - c);
                for (int tap = 0; tap < taps; tap++)
                {
                    for (int lane = 0; lane < lanes; lane++, to += _channels)
                    {
                        PackRow(from + ((long)(c + lane) * taps) + tap, row, to, count);
                    }
                }
            }
        }
    }

    /// <summary>Brings a bias (M) into order.</summary>
    public void PackBias(float* source)
    {
        for (int group = 0; group < Groups; group++)
        {
            (int first, int count) = OutputChannels(group);
            new ReadOnlySpan<float>(source + first, count).CopyTo(new Span<float>(Bias(group), count));
        }
    }

    /// <summary>First output channel of a group, and how many the group has.</summary>
    public (int First, int Count) OutputChannels(int group)
    {
        int inConvGroup = group % GroupsPerConvGroup * _channels;
        int first = (group / GroupsPerConvGroup * _problem.GroupOutChannels) + inConvGroup;
        return (first, Math.Min(_channels, _problem.GroupOutChannels - inConvGroup));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackRow(float* source, long stride, float* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = source[i * stride];
        }
    }
}
