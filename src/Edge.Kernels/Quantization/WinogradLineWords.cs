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

    /// <param name="step">Input channels that are transformed at a time.</param>
    /// <param name="lanes">Output channels of a group.</param>
    public WinogradLineWords(QuantConvProblem problem, WinogradLine line, int step, int lanes)
    {
        _problem = problem;
        _line = line;
        _lanes = lanes;
        Depth = WinogradWords.RoundUp(problem.InChannels, step);
        Numbers = new WinogradNumbers(problem, lanes);
        _words = new AlignedBuffer(checked(WinogradLineTransform.Points * Numbers.Groups * GroupBytes));
    }

    /// <summary>Input channels with those that are zero.</summary>
    public int Depth { get; }

    public WinogradNumbers Numbers { get; }

    public long Bytes => _words.Bytes + Numbers.Bytes;

    private long GroupBytes => checked((long)_line.Runs * RunBytes);

    private long RunBytes => (long)Depth * _lanes * sizeof(short);

    public sbyte* Weights(int point, int group) => (sbyte*)_words.Data + ((((long)point * Numbers.Groups) + group) * GroupBytes);

    /// <summary>Transforms the weights; where sums begin lies the sum of each channel's weights.</summary>
    public void PackSums<TTile>(sbyte* weights) where TTile : struct, IDotTile
    {
        int taps = _problem.Window.Kernel.W;
        for (int m = 0; m < _problem.OutChannels; m++)
        {
            int group = m / _lanes;
            int lane = TTile.LaneOf(m % _lanes, Numbers.Channels(group));
            sbyte* w = weights + ((long)m * _problem.InChannels * taps);
            Numbers.PackSum(m, lane, new ReadOnlySpan<sbyte>(w, checked(_problem.InChannels * taps)));
            for (int c = 0; c < _problem.InChannels; c++)
            {
                PackFilter<TTile>(w + ((long)c * taps), group, lane, c);
            }
        }
    }

    public void Dispose()
    {
        _words.Dispose();
        Numbers.Dispose();
    }

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
