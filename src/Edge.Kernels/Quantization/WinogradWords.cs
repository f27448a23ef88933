using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// The transformed weights of integer Winograd F(4, 3): for each point and group of output channels (input channels, lanes) 16-bit integers in the
/// order of <see cref="IWinogradProducts.Place"/>, with sums to begin with and multipliers per lane. Input channels are filled up with zeros.
/// </summary>
internal sealed unsafe class WinogradWords : IDisposable
{
    /// <summary>Output channels of one vector of weights.</summary>
    public const int Vector = 16;

    /// <summary>Taps along an axis.</summary>
    private const int Taps = 3;

    private readonly QuantConvProblem _problem;
    private readonly int _lanes;
    private readonly AlignedBuffer _words;

    /// <param name="lanes">Output channels of a group: 16 or 32.</param>
    /// <param name="step">Input channels are filled up to a multiple.</param>
    public WinogradWords(QuantConvProblem problem, int lanes, int step)
    {
        _problem = problem;
        _lanes = lanes;
        Depth = RoundUp(problem.InChannels, step);
        Numbers = new WinogradNumbers(problem, lanes);
        _words = new AlignedBuffer(checked((long)WinogradTiling.Points * Numbers.Groups * Depth * _lanes * sizeof(short)));
    }

    /// <summary>Input channels with those that are zero.</summary>
    public int Depth { get; }

    public WinogradNumbers Numbers { get; }

    public long Bytes => _words.Bytes + Numbers.Bytes;

    public static int RoundUp(int count, int multiple) => checked((count + multiple - 1) / multiple * multiple);

    public sbyte* Weights(int point, int group) => (sbyte*)_words.Data + ((((long)point * Numbers.Groups) + group) * Depth * _lanes * sizeof(short));

    /// <summary>Vectors of lanes that a group has.</summary>
    public int Vectors(int group) => Numbers.Channels(group) > Vector ? 2 : 1;

    /// <summary>Transforms the weights; where sums begin lies the sum of each channel's weights.</summary>
    public void PackSums<TProducts>(sbyte* weights) where TProducts : struct, IWinogradProducts
    {
        long filter = (long)_problem.InChannels * Taps * Taps;
        for (int group = 0; group < Numbers.Groups; group++)
        {
            int channels = Numbers.Channels(group);
            sbyte* w = weights + (group * _lanes * filter);
            // All lanes of a channel one after another: they share cache lines.
            for (int c = 0; c < _problem.InChannels; c++)
            {
                for (int i = 0; i < channels; i++)
                {
                    PackFilter<TProducts>(w + (i * filter) + (c * Taps * Taps), group, TProducts.LaneOf(i, channels), c);
                }
            }
            for (int i = 0; i < channels; i++)
            {
                Numbers.PackSum((group * _lanes) + i, TProducts.LaneOf(i, channels), new ReadOnlySpan<sbyte>(w + (i * filter), checked((int)filter)));
            }
        }
    }

    public void Dispose()
    {
        _words.Dispose();
        Numbers.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void PackFilter<TProducts>(sbyte* w, int group, int lane, int channel) where TProducts : struct, IWinogradProducts
    {
        int lanes = Vectors(group) * Vector;
        int* columns = stackalloc int[WinogradTiling.Reads * Taps];
        int* points = stackalloc int[WinogradTiling.Points];
        for (int i = 0; i < Taps; i++)
        {
            Transform(w[i], w[Taps + i], w[(2 * Taps) + i], columns + i, Taps);
        }
        for (int i = 0; i < WinogradTiling.Reads; i++)
        {
            int* row = columns + (i * Taps);
            Transform(row[0], row[1], row[2], points + (i * WinogradTiling.Reads), 1);
        }
        for (int point = 0; point < WinogradTiling.Points; point++)
        {
            TProducts.Place(Weights(point, group), lanes, lane, channel, checked((short)points[point]));
        }
    }

    /// <summary>The rows of 24 G for the points 0, 1, -1, 2, -2, infinity; the last is a quarter, which the output transform makes up for: so 16 bits hold all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transform(int a, int b, int c, int* to, int step)
    {
        to[0] = 6 * a;
        to[step] = -4 * (a + b + c);
        to[2 * step] = -4 * (a - b + c);
        to[3 * step] = a + (2 * b) + (4 * c);
        to[4 * step] = a - (2 * b) + (4 * c);
        to[5 * step] = 6 * c;
    }
}
