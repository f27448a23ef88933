using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// The transformed weights of integer Winograd F(4, 3): for each point and group of up to 32 output channels (pairs of input channels, lanes,
/// 2) 16-bit integers, with sums to begin with and multipliers per lane. Input channels are filled up with zeros to a multiple of 32.
/// </summary>
internal sealed unsafe class WinogradWords : IDisposable
{
    public const int Lanes = 2 * VnniCode.Lanes;

    /// <summary>The rows of 24 G for the points 0, 1, -1, 2, -2, infinity; the last is a quarter, which the output transform makes up for: so 16 bits hold all.</summary>
    private static readonly int[,] Transform = { { 6, 0, 0 }, { -4, -4, -4 }, { -4, 4, -4 }, { 1, 2, 4 }, { 1, -2, 4 }, { 0, 0, 6 } };

    private readonly QuantConvProblem _problem;
    private readonly AlignedBuffer _words;
    private readonly AlignedBuffer _numbers;

    public WinogradWords(QuantConvProblem problem)
    {
        _problem = problem;
        Depth = RoundUp(problem.InChannels, 32);
        Groups = (problem.OutChannels + Lanes - 1) / Lanes;
        _words = new AlignedBuffer(checked((long)WinogradTiling.Points * Groups * Depth * Lanes * sizeof(short)));
        _numbers = new AlignedBuffer(((2L * Groups) + 1) * Lanes * sizeof(int));
    }

    /// <summary>Input channels with those that are zero.</summary>
    public int Depth { get; }

    /// <summary>Groups of output channels.</summary>
    public int Groups { get; }

    public long Bytes => _words.Bytes + _numbers.Bytes;

    /// <summary>One zero per lane.</summary>
    public int* Zeros => (int*)_numbers.Data + (2L * Groups * Lanes);

    public static int RoundUp(int count, int multiple) => checked((count + multiple - 1) / multiple * multiple);

    public sbyte* Weights(int point, int group) => (sbyte*)_words.Data + ((((long)point * Groups) + group) * Depth * Lanes * sizeof(short));

    public int* Bias(int group) => (int*)_numbers.Data + ((long)group * Lanes);

    /// <summary>Vectors of lanes that a group has.</summary>
    public int Vectors(int group) => Channels(group) > VnniCode.Lanes ? 2 : 1;

    /// <summary>How the sums of a group are finished, but for the address of the output. They hold the bias already.</summary>
    public DotFinish Finish(int group) => new()
    {
        Bias = Bias(group),
        Multipliers = (int*)_numbers.Data + ((long)(Groups + group) * Lanes),
        PixelStride = _problem.OutChannels,
        Channels = Channels(group),
        Zero = _problem.YZero,
        Low = _problem.Low,
        High = _problem.High,
    };

    /// <summary>Transforms everything.</summary>
    public void Pack(sbyte* weights, int* bias, int* multipliers)
    {
        for (int m = 0; m < _problem.OutChannels; m++)
        {
            int group = m / Lanes;
            int lane = DotTileVnni512.LaneOf(m % Lanes, Channels(group));
            int sum = 0;
            for (int c = 0; c < _problem.InChannels; c++)
            {
                sbyte* w = weights + ((((long)m * _problem.InChannels) + c) * 9);
                for (int i = 0; i < 9; i++)
                {
                    sum += w[i];
                }
                PackFilter(w, group, lane, c);
            }
            Bias(group)[lane] = unchecked(bias[m] - (_problem.XZero * sum));
            Finish(group).Multipliers[lane] = multipliers[m];
        }
    }

    public void Dispose()
    {
        _words.Dispose();
        _numbers.Dispose();
    }

    private int Channels(int group) => Math.Min(Lanes, _problem.OutChannels - (group * Lanes));

    private void PackFilter(sbyte* w, int group, int lane, int channel)
    {
        int lanes = Vectors(group) * VnniCode.Lanes;
        for (int i = 0; i < WinogradTiling.Reads; i++)
        {
            for (int j = 0; j < WinogradTiling.Reads; j++)
            {
                int value = 0;
                for (int k = 0; k < 9; k++)
                {
                    value += Transform[i, k / 3] * Transform[j, k % 3] * w[k];
                }
                ((short*)Weights((i * WinogradTiling.Reads) + j, group))[(((channel / 2 * lanes) + lane) * 2) + (channel % 2)] = checked((short)value);
            }
        }
    }
}
