using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// The transformed weights of integer F(4, 4): for each point and group of output channels, for each piece of the filter (input channels, lanes) 16-bit
/// integers as the tile reads them, with sums to begin with and multipliers per lane. Input channels are filled up with zeros.
/// </summary>
internal sealed unsafe class WinogradLineWords : IDisposable
{
    private readonly QuantConvProblem _problem;
    private readonly WinogradLine _line;
    private readonly int _lanes;
    private readonly AlignedBuffer _words;
    private readonly AlignedBuffer _numbers;
    private bool _multipliersAreSmall;

    /// <param name="step">Input channels that are transformed at a time.</param>
    /// <param name="lanes">Output channels of a group.</param>
    public WinogradLineWords(QuantConvProblem problem, WinogradLine line, int step, int lanes)
    {
        _problem = problem;
        _line = line;
        _lanes = lanes;
        Depth = WinogradWords.RoundUp(problem.InChannels, step);
        Groups = (problem.OutChannels + lanes - 1) / lanes;
        _words = new AlignedBuffer(checked(WinogradLineTransform.Points * Groups * GroupBytes));
        _numbers = new AlignedBuffer(((2L * Groups) + 1) * lanes * sizeof(int));
    }

    /// <summary>Input channels with those that are zero.</summary>
    public int Depth { get; }

    /// <summary>Groups of output channels.</summary>
    public int Groups { get; }

    public long Bytes => _words.Bytes + _numbers.Bytes;

    /// <summary>One zero per lane.</summary>
    public int* Zeros => (int*)_numbers.Data + (2L * Groups * _lanes);

    private long GroupBytes => checked((long)_line.Runs * RunBytes);

    private long RunBytes => (long)Depth * _lanes * sizeof(short);

    public sbyte* Weights(int point, int group) => (sbyte*)_words.Data + ((((long)point * Groups) + group) * GroupBytes);

    public int* Bias(int group) => (int*)_numbers.Data + ((long)group * _lanes);

    /// <summary>How the sums of a group are finished, but for the address of the output. They hold the bias already.</summary>
    public DotFinish Finish(int group) => new()
    {
        Bias = Bias(group),
        Multipliers = Multipliers(group),
        PixelStride = _problem.OutChannels,
        Channels = Math.Min(_lanes, _problem.OutChannels - (group * _lanes)),
        AreSmall = _multipliersAreSmall,
        Zero = _problem.YZero,
        Low = _problem.Low,
        High = _problem.High,
    };

    /// <summary>Transforms everything.</summary>
    public void Pack<TTile>(sbyte* weights, int* bias, int* multipliers) where TTile : struct, IDotTile
    {
        int taps = _problem.Window.Kernel.W;
        _multipliersAreSmall = new ReadOnlySpan<int>(multipliers, _problem.OutChannels).IndexOfAnyExceptInRange(0, Rescaling.MostSmall) < 0;
        for (int m = 0; m < _problem.OutChannels; m++)
        {
            int group = m / _lanes;
            int lane = TTile.LaneOf(m % _lanes, Math.Min(_lanes, _problem.OutChannels - (group * _lanes)));
            sbyte* w = weights + ((long)m * _problem.InChannels * taps);
            int sum = 0;
            foreach (sbyte value in new ReadOnlySpan<sbyte>(w, checked(_problem.InChannels * taps)))
            {
                sum += value;
            }
            Bias(group)[lane] = unchecked(bias[m] - (_problem.XZero * sum));
            Multipliers(group)[lane] = multipliers[m];
            for (int c = 0; c < _problem.InChannels; c++)
            {
                PackFilter<TTile>(w + ((long)c * taps), group, lane, c);
            }
        }
    }

    public void Dispose()
    {
        _words.Dispose();
        _numbers.Dispose();
    }

    private int* Multipliers(int group) => (int*)_numbers.Data + ((long)(Groups + group) * _lanes);

    /// <summary>The filter of one input channel for one output channel.</summary>
    private void PackFilter<TTile>(sbyte* w, int group, int lane, int channel) where TTile : struct, IDotTile
    {
        for (int run = 0; run < _line.Runs; run++)
        {
            int phase = run / _line.Pieces;
            int first = run % _line.Pieces * WinogradLineTransform.Side;
            for (int point = 0; point < WinogradLineTransform.Points; point++)
            {
                int value = 0;
                for (int i = 0; i < WinogradLineTransform.Side; i++)
                {
                    int tap = ((first + i) * _line.Phases) + phase;
                    value += tap < _problem.Window.Kernel.W ? WinogradLineTransform.Filter[point, i] * w[tap] : 0;
                }
                TTile.Place(Weights(point, group) + (run * RunBytes), _lanes, lane, channel, (short)value);
            }
        }
    }
}
