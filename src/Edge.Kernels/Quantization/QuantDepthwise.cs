using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>Some channels of the pixels of a row of a depthwise convolution.</summary>
internal unsafe interface IDepthwiseStep
{
    /// <summary>Most channels of a block: a multiple of 16.</summary>
    static virtual int MostLanes => 16;

    /// <summary>Taps that are multiplied together.</summary>
    static virtual int UnitTaps => 2;

    /// <summary>Which tap comes at a place of the units; a number beyond the taps where none does.</summary>
    static virtual int TapAt(int place) => place;

    /// <summary>Bytes of packed weights per unit and channel.</summary>
    static abstract int UnitBytes { get; }

    /// <summary>What is added to each input byte; its products with the weights are taken off the bias.</summary>
    static virtual int InputOffset => 0;

    /// <summary>Packs the weights of a unit.</summary>
    /// <param name="taps">(taps of a unit, lanes)</param>
    /// <param name="lanes">16, or a power of two times 16.</param>
    static abstract void PackUnit(sbyte* taps, int lanes, byte* target);

    /// <summary>Puts numbers of channels into the order of the sums.</summary>
    static abstract void PackLanes(int* source, int lanes, int* target);

    /// <summary>Computes pixels of a row.</summary>
    /// <param name="x">First input byte of the first pixel.</param>
    /// <param name="offsets">Of all taps in the order of <see cref="TapAt"/>, those of a unit side by side.</param>
    /// <param name="step">Bytes from pixel to pixel of the input.</param>
    static abstract void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish);
}

/// <summary>
/// Depthwise convolution channels last: a tile is a band of rows of the output, whose input is copied with its padding, small enough for the second-level
/// cache; each row is swept a block of channels at a time.
/// </summary>
internal sealed unsafe class QuantDepthwise<TStep> : TiledKernel where TStep : struct, IDepthwiseStep
{
    private const int LeastLanes = 16;
    private const long BandBytes = 96 * 1024;
    private const int FewestBands = 4;

    private readonly QuantConvProblem _problem;
    private readonly BytePadding _padding;
    private readonly (int Channel, int Lanes)[] _blocks;
    private readonly int _inputBytes;
    private readonly int _outputBytes;
    private readonly int _units;
    private readonly int _rowsPerBand;
    private readonly int _bands;
    private readonly AlignedBuffer _weights;
    private readonly AlignedBuffer _bias;
    private readonly AlignedBuffer _multipliers;
    private readonly AlignedBuffer _offsets;
    private bool _isPacked;

    public QuantDepthwise(QuantConvProblem problem) : base(1)
    {
        _problem = problem;
        _inputBytes = problem.XType.Size();
        _outputBytes = problem.YType.Size();
        _padding = new BytePadding(problem);
        _blocks = Blocks(problem.OutChannels);
        int channels = _blocks.Sum(b => b.Lanes);
        int taps = checked((int)problem.Taps);
        _units = (taps + TStep.UnitTaps - 1) / TStep.UnitTaps;
        long most = Math.Max(1, (problem.Output.H + FewestBands - 1) / FewestBands);
        _rowsPerBand = (int)Math.Clamp(BandBytes / Math.Max(1, problem.Window.Stride.H * _padding.RowBytes), 1, most);
        _bands = (problem.Output.H + _rowsPerBand - 1) / _rowsPerBand;
        SetTiles((long)problem.Batch * _bands, _padding.IsNeeded ? _padding.BandBytes(InputRows(_rowsPerBand)) : 0);
        _weights = new AlignedBuffer(checked((long)channels * _units * TStep.UnitBytes));
        _bias = new AlignedBuffer((long)channels * sizeof(int));
        _multipliers = new AlignedBuffer((long)channels * sizeof(int));
        _offsets = new AlignedBuffer((long)TStep.UnitTaps * _units * sizeof(int));
        for (int place = 0; place < taps; place++)
        {
            int tap = TStep.TapAt(place);
            long h = tap / problem.Window.Kernel.W * (long)problem.Window.Dilation.H;
            long w = tap % problem.Window.Kernel.W * (long)problem.Window.Dilation.W;
            ((int*)_offsets.Data)[place] = checked((int)((h * _padding.RowBytes) + (w * problem.InChannels * _inputBytes)));
        }
    }

    public override long PackedBytes => _weights.Bytes + _bias.Bytes + _multipliers.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            Pack((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            Pack((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        base.Run(context);
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        int image = tile / _bands;
        int first = tile % _bands * _rowsPerBand;
        int rows = Math.Min(_rowsPerBand, _problem.Output.H - first);
        int firstInput = first * _problem.Window.Stride.H;
        sbyte* input = (sbyte*)arguments.Input(0) + (image * _problem.Input.Count * _problem.InChannels * _inputBytes);
        sbyte* x = input + (firstInput * _padding.RowBytes);
        if (_padding.IsNeeded)
        {
            x = (sbyte*)scratch;
            _padding.CopyRows(input, x, firstInput, firstInput + InputRows(rows));
        }
        sbyte* y = (sbyte*)arguments.Output + (((image * _problem.Output.Count) + ((long)first * _problem.Output.W)) * _problem.OutChannels * _outputBytes);
        for (int row = 0; row < rows; row++)
        {
            RunRow(x, y);
            x += _problem.Window.Stride.H * _padding.RowBytes;
            y += (long)_problem.Output.W * _problem.OutChannels * _outputBytes;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _weights.Dispose();
        _bias.Dispose();
        _multipliers.Dispose();
        _offsets.Dispose();
    }

    /// <summary>The widest blocks first; only the last may have channels that do not exist.</summary>
    private static (int Channel, int Lanes)[] Blocks(int channels)
    {
        var blocks = new List<(int Channel, int Lanes)>();
        int lanes = TStep.MostLanes;
        for (int channel = 0; channel < channels; channel += lanes)
        {
            while (lanes > LeastLanes && lanes > channels - channel)
            {
                lanes /= 2;
            }
            blocks.Add((channel, lanes));
        }
        return [.. blocks];
    }

    /// <summary>Rows of the input that rows of the output read.</summary>
    private int InputRows(int rows) => checked((int)(((rows - 1L) * _problem.Window.Stride.H) + _problem.Window.Span(1)));

    private void RunRow(sbyte* x, sbyte* y)
    {
        foreach ((int channel, int lanes) in _blocks)
        {
            var finish = new DotFinish
            {
                Bias = (int*)_bias.Data + channel,
                Multipliers = (int*)_multipliers.Data + channel,
                Y = (byte*)y + (channel * _outputBytes),
                PixelStride = (long)_problem.OutChannels * _outputBytes,
                Channels = Math.Min(lanes, _problem.OutChannels - channel),
                Zero = _problem.YZero,
                Low = _problem.Low,
                High = _problem.High,
            };
            byte* w = _weights.Data + ((long)channel * _units * TStep.UnitBytes);
            TStep.Row(x + (channel * _inputBytes), (int*)_offsets.Data, _units, w, (long)_problem.Window.Stride.W * _problem.InChannels * _inputBytes, _problem.Output.W, lanes, finish);
        }
    }

    private void Pack(sbyte* weights, int* bias, int* multipliers)
    {
        foreach ((int channel, int lanes) in _blocks)
        {
            PackSums(weights, bias, multipliers, channel, lanes);
            PackWeights(weights, channel, lanes);
        }
    }

    [SkipLocalsInit]
    private void PackSums(sbyte* weights, int* bias, int* multipliers, int first, int lanes)
    {
        int taps = (int)_problem.Taps;
        int* numbers = stackalloc int[2 * lanes];
        new Span<int>(numbers, 2 * lanes).Clear();
        for (int lane = 0; lane < Math.Min(lanes, _problem.OutChannels - first); lane++)
        {
            int channel = first + lane;
            int sum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                sum += weights[(channel * taps) + tap];
            }
            numbers[lane] = unchecked(bias[channel] - ((_problem.XZero + TStep.InputOffset) * sum));
            numbers[lanes + lane] = multipliers[channel];
        }
        TStep.PackLanes(numbers, lanes, (int*)_bias.Data + first);
        TStep.PackLanes(numbers + lanes, lanes, (int*)_multipliers.Data + first);
    }

    [SkipLocalsInit]
    private void PackWeights(sbyte* weights, int first, int lanes)
    {
        int taps = (int)_problem.Taps;
        sbyte* unit = stackalloc sbyte[TStep.UnitTaps * lanes];
        for (int u = 0; u < _units; u++)
        {
            for (int i = 0; i < TStep.UnitTaps; i++)
            {
                int tap = TStep.TapAt((u * TStep.UnitTaps) + i);
                for (int lane = 0; lane < lanes; lane++)
                {
                    bool exists = tap < taps && first + lane < _problem.OutChannels;
                    unit[(i * lanes) + lane] = exists ? weights[((first + lane) * (long)taps) + tap] : (sbyte)0;
                }
            }
            TStep.PackUnit(unit, lanes, _weights.Data + ((((long)first * _units) + ((long)u * lanes)) * TStep.UnitBytes));
        }
    }
}
