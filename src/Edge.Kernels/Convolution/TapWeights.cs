using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Weights and bias of a convolution in the order in which pixel tiles read them: for each group of output channels of a tile
/// (output channels beyond the last one are 0) and each tap, one row of output channels per lane.
/// </summary>
internal sealed unsafe class TapWeights : IDisposable
{
    private readonly ConvProblem _problem;
    private readonly int _block;
    private readonly ChannelGroups _groups;
    private readonly AlignedBuffer _weights;
    private readonly AlignedBuffer _bias;

    /// <param name="take">Output channels of the next tile, given how many are left.</param>
    /// <param name="block">Input channels per tap: 8 for blocked input, 1 for planar input.</param>
    public TapWeights(ConvProblem problem, Func<int, int> take, int block)
    {
        _problem = problem;
        _block = block;
        _groups = new ChannelGroups(problem.GroupOutChannels, take);
        Groups = checked(_groups.Count * problem.Groups);
        _weights = new AlignedBuffer(checked((long)problem.Groups * _groups.PaddedChannels * problem.Taps * sizeof(float)));
        _bias = new AlignedBuffer(checked((long)problem.Groups * _groups.PaddedChannels * sizeof(float)));
    }

    /// <summary>Groups of output channels, all groups of the convolution together.</summary>
    public int Groups { get; }

    /// <summary>Groups of output channels in one group of the convolution.</summary>
    public int GroupsPerConvGroup => _groups.Count;

    public long Bytes => _weights.Bytes + _bias.Bytes;

    /// <summary>Output channels of the widest group.</summary>
    public int WidestGroup => _groups.Widest;

    public float* Weights(int group) => (float*)_weights.Data + (PaddedStart(group) * _problem.Taps);

    public float* Bias(int group) => (float*)_bias.Data + PaddedStart(group);

    /// <summary>Output channels of a group, those that do not exist among them.</summary>
    public int Width(int group) => _groups.Width(group % _groups.Count);

    public void Dispose()
    {
        _weights.Dispose();
        _bias.Dispose();
    }

    /// <summary>Brings weights (M, C/G, taps) into order.</summary>
    public void PackWeights(float* source)
    {
        int taps = (int)_problem.Window.Kernel.Count;
        long row = _problem.Taps;
        for (int group = 0; group < Groups; group++)
        {
            (int first, int count) = OutputChannels(group);
            int width = Width(group);
            float* from = source + (first * row);
            float* to = Weights(group);
            if (taps == 1)
            {
                PanelTranspose.Run(from, row, count, _problem.GroupInChannels, to, width);
                continue;
            }
            for (int c = 0; c < _problem.GroupInChannels; c += _block)
            {
                int lanes = Math.Min(_block, _problem.GroupInChannels - c);
                for (int lane = 0; lane < lanes; lane++)
                {
                    PanelTranspose.Run(from + ((long)(c + lane) * taps), row, count, taps, to + (lane * width), (long)lanes * width);
                }
                to += (long)lanes * taps * width;
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
        int start = _groups.Start(group % _groups.Count);
        return ((group / _groups.Count * _problem.GroupOutChannels) + start, Math.Min(Width(group), _problem.GroupOutChannels - start));
    }

    private long PaddedStart(int group) => ((long)(group / _groups.Count) * _groups.PaddedChannels) + _groups.Start(group % _groups.Count);
}
