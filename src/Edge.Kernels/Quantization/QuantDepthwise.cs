using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>16 channels of one pixel of a depthwise convolution.</summary>
internal unsafe interface IDepthwiseStep
{
    /// <summary>Bytes of packed weights per pair of taps and 16 channels.</summary>
    static abstract int PairBytes { get; }

    /// <summary>Packs a pair of taps of 16 channels.</summary>
    static abstract void PackPair(sbyte* first, sbyte* second, byte* target);

    /// <summary>Puts 16 numbers of channels into the order of the sums.</summary>
    static abstract void PackLanes(int* source, int* target);

    /// <summary>Computes pixels of a row.</summary>
    /// <param name="x">First input byte of the first pixel.</param>
    /// <param name="offsets">Two taps per pair.</param>
    /// <param name="step">Bytes from pixel to pixel of the input.</param>
    static abstract void Row(sbyte* x, int* offsets, int pairs, byte* w, long step, int count, in DotFinish finish);
}

/// <summary>Pairs of taps are interleaved as 16-bit integers and multiplied by vpmaddwd.</summary>
internal readonly unsafe struct DepthwiseAvx2 : IDepthwiseStep
{
    public static int PairBytes => 64;

    public static void PackPair(sbyte* first, sbyte* second, byte* target)
    {
        var words = (short*)target;
        for (int i = 0; i < 16; i++)
        {
            int channel = Channel(i);
            words[2 * i] = first[channel];
            words[(2 * i) + 1] = second[channel];
        }
    }

    public static void PackLanes(int* source, int* target)
    {
        for (int i = 0; i < 16; i++)
        {
            target[i] = source[Channel(i)];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, int* offsets, int pairs, byte* w, long step, int count, in DotFinish finish)
    {
        Vector256<int> b0 = Vector256.Load(finish.Bias), b1 = Vector256.Load(finish.Bias + 8);
        Vector256<int> m0 = Vector256.Load(finish.Multipliers), m1 = Vector256.Load(finish.Multipliers + 8);
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector128<sbyte> low = Vector128.Create((sbyte)finish.Low), high = Vector128.Create((sbyte)finish.High);
        sbyte* y = finish.Y;
        for (; count > 0; count--)
        {
            Vector256<int> c0 = b0, c1 = b1;
            byte* v = w;
            for (int i = 0; i < 2 * pairs; i += 2)
            {
                Vector256<short> s = Avx2.ConvertToVector256Int16(x + offsets[i]), t = Avx2.ConvertToVector256Int16(x + offsets[i + 1]);
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(s, t), Vector256.Load((short*)v)));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(s, t), Vector256.Load((short*)v + 16)));
                v += 64;
            }
            // The order of the sums is the one that packing undoes.
            Vector256<short> both = Avx2.AddSaturate(Avx2.PackSignedSaturate(Rescaling.Scale(c0, m0), Rescaling.Scale(c1, m1)), zero);
            Vector128<sbyte> bytes = Sse41.Min(Sse41.Max(Sse2.PackSignedSaturate(both.GetLower(), both.GetUpper()), low), high);
            if (finish.Channels == 16)
            {
                bytes.Store(y);
            }
            else
            {
                DotStore.Partial((sbyte*)&bytes, y, finish.Channels);
            }
            y += finish.PixelStride;
            x += step;
        }
    }

    /// <summary>Unpacking works within halves: sums are those of channels 0-3, 8-11, 4-7, 12-15.</summary>
    private static int Channel(int lane) => ((lane & 4) << 1) | ((lane & 8) >> 1) | (lane & 3);
}

/// <summary>Two taps are added in 16 bits, which holds as weights are not -128, then in 32.</summary>
internal readonly unsafe struct DepthwiseNeon : IDepthwiseStep
{
    public static int PairBytes => 32;

    public static void PackPair(sbyte* first, sbyte* second, byte* target)
    {
        Buffer.MemoryCopy(first, target, 16, 16);
        Buffer.MemoryCopy(second, target + 16, 16, 16);
    }

    public static void PackLanes(int* source, int* target) => Buffer.MemoryCopy(source, target, 64, 64);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, int* offsets, int pairs, byte* w, long step, int count, in DotFinish finish)
    {
        DotFinish pixel = finish;
        for (; count > 0; count--)
        {
            Vector128<int> c0 = Vector128.Load(finish.Bias), c1 = Vector128.Load(finish.Bias + 4);
            Vector128<int> c2 = Vector128.Load(finish.Bias + 8), c3 = Vector128.Load(finish.Bias + 12);
            sbyte* v = (sbyte*)w;
            for (int i = 0; i < 2 * pairs; i += 2)
            {
                Vector128<sbyte> s = Vector128.Load(x + offsets[i]), t = Vector128.Load(x + offsets[i + 1]);
                Vector128<sbyte> a = Vector128.Load(v), b = Vector128.Load(v + 16);
                Vector128<short> low = AdvSimd.MultiplyWideningLowerAndAdd(AdvSimd.MultiplyWideningLower(s.GetLower(), a.GetLower()), t.GetLower(), b.GetLower());
                Vector128<short> high = AdvSimd.MultiplyWideningUpperAndAdd(AdvSimd.MultiplyWideningUpper(s, a), t, b);
                c0 = AdvSimd.AddWideningLower(c0, low.GetLower());
                c1 = AdvSimd.AddWideningUpper(c1, low);
                c2 = AdvSimd.AddWideningLower(c2, high.GetLower());
                c3 = AdvSimd.AddWideningUpper(c3, high);
                v += 32;
            }
            DotFinishNeon.Store(c0, c1, c2, c3, pixel, 0);
            pixel.Y += finish.PixelStride;
            x += step;
        }
    }
}

/// <summary>
/// Depthwise convolution channels last: an item is some rows of the output; each row is swept 16 channels at a time.
/// </summary>
internal sealed unsafe class QuantDepthwise<TStep> : Kernel where TStep : struct, IDepthwiseStep
{
    private const int Lanes = 16;
    private const long ItemWork = 200_000;

    private readonly QuantConvProblem _problem;
    private readonly BytePadding _padding;
    private readonly int _groups;
    private readonly int _pairs;
    private readonly int _rowsPerItem;
    private readonly AlignedBuffer _weights;
    private readonly AlignedBuffer _bias;
    private readonly AlignedBuffer _multipliers;
    private readonly AlignedBuffer _offsets;
    private bool _isPacked;

    public QuantDepthwise(QuantConvProblem problem)
    {
        _problem = problem;
        _padding = new BytePadding(problem);
        _groups = (problem.OutChannels + Lanes - 1) / Lanes;
        int taps = checked((int)problem.Taps);
        _pairs = (taps + 1) / 2;
        _rowsPerItem = (int)Math.Clamp(ItemWork / Math.Max(1, problem.Output.W * (long)problem.OutChannels * taps), 1, problem.Output.H);
        _weights = new AlignedBuffer(checked((long)_groups * _pairs * TStep.PairBytes));
        _bias = new AlignedBuffer((long)_groups * Lanes * sizeof(int));
        _multipliers = new AlignedBuffer((long)_groups * Lanes * sizeof(int));
        _offsets = new AlignedBuffer(2L * _pairs * sizeof(int));
        for (int tap = 0; tap < taps; tap++)
        {
            long h = tap / problem.Window.Kernel.W * (long)problem.Window.Dilation.H;
            long w = tap % problem.Window.Kernel.W * (long)problem.Window.Dilation.W;
            ((int*)_offsets.Data)[tap] = checked((int)((h * _padding.RowBytes) + (w * problem.InChannels)));
        }
    }

    public override long ScratchBytes => _padding.ScratchBytes;

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
        var image = new Image { Input = (sbyte*)context.Input(0), X = (sbyte*)context.Input(0), Y = (sbyte*)context.Output(0) };
        for (int n = 0; n < _problem.Batch; n++)
        {
            if (_padding.IsNeeded)
            {
                image.X = (sbyte*)context.Scratch;
                context.Pool.Run(this, &image, &CopyRows, _padding.Items);
            }
            context.Pool.Run(this, &image, &RunRows, (_problem.Output.H + _rowsPerItem - 1) / _rowsPerItem);
            image.Input += _problem.Input.Count * _problem.InChannels;
            image.X = image.Input;
            image.Y += _problem.Output.Count * _problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _weights.Dispose();
        _bias.Dispose();
        _multipliers.Dispose();
        _offsets.Dispose();
    }

    private static void CopyRows(object owner, void* state, int item)
    {
        var image = (Image*)state;
        ((QuantDepthwise<TStep>)owner)._padding.CopyRows(image->Input, image->X, item);
    }

    private static void RunRows(object owner, void* state, int item) => ((QuantDepthwise<TStep>)owner).RunRows(*(Image*)state, item);

    private void RunRows(in Image image, int item)
    {
        int end = Math.Min(_problem.Output.H, (item + 1) * _rowsPerItem);
        for (int row = item * _rowsPerItem; row < end; row++)
        {
            for (int group = 0; group < _groups; group++)
            {
                int channel = group * Lanes;
                var finish = new DotFinish
                {
                    Bias = (int*)_bias.Data + channel,
                    Multipliers = (int*)_multipliers.Data + channel,
                    Y = image.Y + ((long)row * _problem.Output.W * _problem.OutChannels) + channel,
                    PixelStride = _problem.OutChannels,
                    Channels = Math.Min(Lanes, _problem.OutChannels - channel),
                    Zero = _problem.YZero,
                    Low = _problem.Low,
                    High = _problem.High,
                };
                sbyte* x = image.X + (row * (long)_problem.Window.Stride.H * _padding.RowBytes) + channel;
                byte* w = _weights.Data + ((long)group * _pairs * TStep.PairBytes);
                TStep.Row(x, (int*)_offsets.Data, _pairs, w, (long)_problem.Window.Stride.W * _problem.InChannels, _problem.Output.W, finish);
            }
        }
    }

    [SkipLocalsInit]
    private void Pack(sbyte* weights, int* bias, int* multipliers)
    {
        int taps = (int)_problem.Taps;
        sbyte* pair = stackalloc sbyte[2 * Lanes];
        int* lanes = stackalloc int[2 * Lanes];
        for (int group = 0; group < _groups; group++)
        {
            new Span<int>(lanes, 2 * Lanes).Clear();
            int count = Math.Min(Lanes, _problem.OutChannels - (group * Lanes));
            for (int lane = 0; lane < count; lane++)
            {
                int channel = (group * Lanes) + lane;
                int sum = 0;
                for (int tap = 0; tap < taps; tap++)
                {
                    sum += weights[(channel * taps) + tap];
                }
                lanes[lane] = unchecked(bias[channel] - (_problem.XZero * sum));
                lanes[Lanes + lane] = multipliers[channel];
            }
            TStep.PackLanes(lanes, (int*)_bias.Data + (group * Lanes));
            TStep.PackLanes(lanes + Lanes, (int*)_multipliers.Data + (group * Lanes));
            for (int p = 0; p < _pairs; p++)
            {
                new Span<sbyte>(pair, 2 * Lanes).Clear();
                for (int i = 0; i < 2 * count; i++)
                {
                    int tap = (2 * p) + (i / count);
                    pair[(i / count * Lanes) + (i % count)] = tap < taps ? weights[((((long)group * Lanes) + (i % count)) * taps) + tap] : (sbyte)0;
                }
                TStep.PackPair(pair, pair + Lanes, _weights.Data + ((((long)group * _pairs) + p) * TStep.PairBytes));
            }
        }
    }

    /// <summary>The addresses of one image.</summary>
    private struct Image
    {
        public sbyte* Input;
        public sbyte* X;
        public sbyte* Y;
    }
}
