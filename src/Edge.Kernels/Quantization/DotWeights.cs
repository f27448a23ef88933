using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Weights, sums to begin with, and multipliers in the order in which tiles read them: groups of output channels, for each run of
/// input bytes (groups of four bytes, lanes, 4 bytes). A run is all taps and channels that lie side by side in a row of the
/// input; without dilation and groups a kernel of R rows is R runs. The last group of a run is filled up with zeros.
/// </summary>
internal sealed unsafe class DotWeights : IDisposable
{
    private const int Narrow = 16;
    private const int Quad = 4;

    private readonly QuantConvProblem _problem;
    private readonly int _lanes;
    private readonly bool _joined;
    private readonly int _quads;
    private readonly AlignedBuffer _weights;
    private readonly AlignedBuffer _bias;
    private readonly AlignedBuffer _multipliers;
    private readonly AlignedBuffer _runs;

    /// <param name="lanes">Output channels of a group: 16 or 32.</param>
    public DotWeights(QuantConvProblem problem, long rowBytes, int lanes)
    {
        _lanes = lanes;
        _problem = problem;
        Extent kernel = problem.Window.Kernel;
        _joined = problem.Groups == 1 && (problem.Window.Dilation.W == 1 || kernel.W == 1);
        int inputBytes = problem.XType.Size();
        _quads = ((problem.GroupInChannels * (_joined ? kernel.W : 1) * inputBytes) + Quad - 1) / Quad;
        GroupsPerConvGroup = (problem.GroupOutChannels + _lanes - 1) / _lanes;
        Groups = checked(GroupsPerConvGroup * problem.Groups);
        RunCount = kernel.H * (_joined ? 1 : kernel.W);
        GroupBytes = checked((long)RunCount * _quads * Quad * _lanes);
        _weights = new AlignedBuffer(checked(Groups * GroupBytes));
        _bias = new AlignedBuffer((long)Groups * _lanes * sizeof(int));
        _multipliers = new AlignedBuffer((long)Groups * _lanes * sizeof(int));
        _runs = new AlignedBuffer((long)RunCount * sizeof(DotRun));
        for (int run = 0; run < RunCount; run++)
        {
            int h = _joined ? run : run / kernel.W;
            int w = _joined ? 0 : run % kernel.W;
            long offset = (h * (long)problem.Window.Dilation.H * rowBytes) + (w * (long)problem.Window.Dilation.W * problem.InChannels * inputBytes);
            ((DotRun*)_runs.Data)[run] = new DotRun(checked((int)offset), _quads);
        }
    }

    /// <summary>Groups of output channels.</summary>
    public int Groups { get; }

    public int GroupsPerConvGroup { get; }

    public int RunCount { get; }

    public long GroupBytes { get; }

    /// <summary>What was packed last has multipliers below 2^30 only.</summary>
    public bool MultipliersAreSmall { get; private set; }

    public long Bytes => _weights.Bytes + _bias.Bytes + _multipliers.Bytes + _runs.Bytes;

    public DotRun* Runs => (DotRun*)_runs.Data;

    public sbyte* Weights(int group) => (sbyte*)_weights.Data + (group * GroupBytes);

    public int* Bias(int group) => (int*)_bias.Data + (group * _lanes);

    public int* Multipliers(int group) => (int*)_multipliers.Data + (group * _lanes);

    /// <summary>First output channel of a group, and how many it has.</summary>
    public (int First, int Count) OutputChannels(int group)
    {
        int within = group % GroupsPerConvGroup * _lanes;
        int first = (group / GroupsPerConvGroup * _problem.GroupOutChannels) + within;
        return (first, Math.Min(_lanes, _problem.GroupOutChannels - within));
    }

    /// <summary>Packs everything.</summary>
    public void Pack<TTile>(sbyte* weights, int* bias, int* multipliers) where TTile : struct, IDotTile
    {
        PackSums<TTile>(weights);
        MultipliersAreSmall = Rescaling.AreSmall(new ReadOnlySpan<int>(multipliers, _problem.OutChannels));
        for (int group = 0; group < Groups; group++)
        {
            (int first, int count) = OutputChannels(group);
            for (int i = 0; i < count; i++)
            {
                int lane = TTile.LaneOf(i, count);
                Bias(group)[lane] = unchecked(bias[first + i] - ((_problem.XZero + TTile.InputOffset) * Bias(group)[lane]));
                Multipliers(group)[lane] = multipliers[first + i];
            }
        }
    }

    /// <summary>Packs the weights alone; where sums would begin lies the sum of each channel's weights.</summary>
    public void PackSums<TTile>(sbyte* weights) where TTile : struct, IDotTile
    {
        for (int group = 0; group < Groups; group++)
        {
            (int first, int count) = OutputChannels(group);
            for (int i = 0; i < count; i++)
            {
                int lane = TTile.LaneOf(i, count);
                Bias(group)[lane] = PackChannel<TTile>(weights + ((first + i) * _problem.Taps), Weights(group), count <= Narrow ? Narrow : _lanes, lane);
            }
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _bias.Dispose();
        _multipliers.Dispose();
        _runs.Dispose();
    }

    /// <summary>Packs the weights of an output channel and returns their sum.</summary>
    private int PackChannel<TTile>(sbyte* source, sbyte* target, int lanes, int lane) where TTile : struct, IDotTile
    {
        Extent kernel = _problem.Window.Kernel;
        int sum = 0;
        for (int c = 0; c < _problem.GroupInChannels; c++)
        {
            for (int h = 0; h < kernel.H; h++)
            {
                for (int w = 0; w < kernel.W; w++)
                {
                    sbyte value = *source++;
                    int run = _joined ? h : (h * kernel.W) + w;
                    int at = _joined ? (w * _problem.GroupInChannels) + c : c;
                    TTile.Place(target + ((long)run * _quads * lanes * Quad), lanes, lane, at, value);
                    sum += value;
                }
            }
        }
        return sum;
    }
}
