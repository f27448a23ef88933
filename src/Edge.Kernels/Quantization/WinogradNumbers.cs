using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>What goes with transformed weights: for each group of output channels sums to begin with, and multipliers, one per lane.</summary>
internal sealed unsafe class WinogradNumbers : IDisposable
{
    private readonly QuantConvProblem _problem;
    private readonly int _lanes;
    private readonly AlignedBuffer _numbers;
    private readonly int[] _laneOf;
    private bool _multipliersAreSmall;

    /// <param name="lanes">Output channels of a group.</param>
    public WinogradNumbers(QuantConvProblem problem, int lanes)
    {
        _problem = problem;
        _lanes = lanes;
        Groups = (problem.OutChannels + lanes - 1) / lanes;
        _numbers = new AlignedBuffer(((2L * Groups) + 1) * lanes * sizeof(int));
        _laneOf = new int[problem.OutChannels];
    }

    /// <summary>Output channels of a group.</summary>
    public int Lanes => _lanes;

    /// <summary>Groups of output channels.</summary>
    public int Groups { get; }

    public long Bytes => _numbers.Bytes;

    /// <summary>One zero per lane.</summary>
    public int* Zeros => (int*)_numbers.Data + (2L * Groups * _lanes);

    /// <summary>The lane of an output channel, among those of all groups.</summary>
    public ReadOnlySpan<int> LaneOf => _laneOf;

    private int* Multipliers => (int*)_numbers.Data + ((long)Groups * _lanes);

    /// <summary>What sums begin with, for the lanes of all groups.</summary>
    public int* Bias => (int*)_numbers.Data;

    /// <summary>Output channels that a group has.</summary>
    public int Channels(int group) => Math.Min(_lanes, _problem.OutChannels - (group * _lanes));

    /// <summary>How the sums of all groups are finished, but for the address of the output.</summary>
    public DotFinish Finish() => new()
    {
        Bias = Bias,
        Multipliers = Multipliers,
        PixelStride = _problem.OutChannels,
        Channels = _problem.OutChannels,
        AreSmall = _multipliersAreSmall,
        Zero = _problem.YZero,
        Low = _problem.Low,
        High = _problem.High,
    };

    /// <summary>Puts the sum of a channel's weights where sums begin.</summary>
    /// <param name="lane">Of the channel's group.</param>
    /// <param name="filter">All weights of the channel.</param>
    public void PackSum(int channel, int lane, ReadOnlySpan<sbyte> filter)
    {
        int sum = 0;
        foreach (sbyte value in filter)
        {
            sum += value;
        }
        _laneOf[channel] = (channel / _lanes * _lanes) + lane;
        Bias[_laneOf[channel]] = sum;
    }

    /// <summary>Makes of the sums what sums begin with.</summary>
    public void Pack(int* bias, int* multipliers)
    {
        _multipliersAreSmall = Rescaling.AreSmall(new ReadOnlySpan<int>(multipliers, _problem.OutChannels));
        for (int channel = 0; channel < _problem.OutChannels; channel++)
        {
            int lane = _laneOf[channel];
            Bias[lane] = unchecked(bias[channel] - (_problem.XZero * Bias[lane]));
            Multipliers[lane] = multipliers[channel];
        }
    }

    public void Dispose() => _numbers.Dispose();
}
