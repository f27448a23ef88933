using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Mean over windows of 8-bit or 16-bit integers: y = clamp(yZero + floor((s * m + 2^30) / 2^31), low, high), where s sums x - xZero over the n taps on
/// the input, and m = <see cref="Rescaling.Multiplier"/>(ratio / n) (docs/quantization.md). No tap at all gives yZero.
/// </summary>
/// <param name="CountIncludePad">n counts the taps on padding too.</param>
/// <param name="Ratio">Scale of x / scale of y, positive.</param>
/// <param name="Layout">Of input and output: planar or channels last.</param>
public sealed record QuantAveragePoolProblem(
    int Batch, int Channels, Extent Input, Extent Output, Window Window, bool CountIncludePad,
    int XZero, int YZero, int Low, int High, float Ratio, Layout Layout)
{
    /// <summary>s8 or s16.</summary>
    public DataType XType { get; init; } = DataType.S8;

    /// <summary>s8 or s16.</summary>
    public DataType YType { get; init; } = DataType.S8;

    /// <summary>Whether x and y have 8 bits.</summary>
    public bool IsBytes => XType == DataType.S8 && YType == DataType.S8;
}

/// <summary>Mean of quantized values.</summary>
public static class QuantAveragePoolKernels
{
    public static readonly KernelTable<QuantAveragePoolProblem> Table = new(
        "quantaveragepool",
        [
            new("quantaveragepool_s8_v128_last", CpuFeatures.Simd128, p => p.IsBytes && p.Layout == Layout.ChannelsLast, p => new QuantAveragePool(p, vectors: true)),
            new("quantaveragepool_int_v128_last", CpuFeatures.Simd128, p => !p.IsBytes && p.Layout == Layout.ChannelsLast, p => new QuantAveragePool(p, vectors: true)),
            new("quantaveragepool_int_ref", CpuFeatures.None, p => p.Layout != Layout.Blocked8, p => new QuantAveragePool(p, vectors: false)),
        ]) { IsExact = true, Device = () => QuantizationDevice.AveragePool };
}

/// <summary>One output position after another; channel by channel (the naive row), or 16 or 8 channels at a time where they lie together.</summary>
internal sealed unsafe class QuantAveragePool(QuantAveragePoolProblem problem, bool vectors) : Kernel
{
    private readonly int _lanes = problem.IsBytes ? 16 : EightLanes.Count;

    private readonly long _channelStep = problem.Layout == Layout.ChannelsLast ? 1 : problem.Input.Count;
    private readonly long _positionStep = problem.Layout == Layout.ChannelsLast ? problem.Channels : 1;
    private readonly long _outputChannelStep = problem.Layout == Layout.ChannelsLast ? 1 : problem.Output.Count;

    public override void Run(in KernelContext context)
    {
        var operands = new Operands { X = context.Input(0), Y = context.Output(0) };
        context.Pool.Run(this, &operands, &RunRow, checked(problem.Batch * problem.Output.D * problem.Output.H));
    }

    private static void RunRow(object owner, void* state, int row) => ((QuantAveragePool)owner).PoolRow(*(Operands*)state, row);

    private void PoolRow(Operands operands, int row)
    {
        Extent output = problem.Output;
        int n = row / (output.D * output.H);
        int d = row / output.H % output.D;
        int h = row % output.H;
        byte* x = operands.X + (n * problem.Channels * problem.Input.Count * problem.XType.Size());
        byte* y = operands.Y + (n * problem.Channels * output.Count * problem.YType.Size());
        for (int w = 0; w < output.W; w++)
        {
            var taps = new Taps(problem, d, h, w);
            long counted = problem.CountIncludePad ? taps.Declared : taps.Count;
            int multiplier = counted == 0 ? 0 : Rescaling.Multiplier((double)problem.Ratio / counted);
            long position = (((d * (long)output.H) + h) * output.W) + w;
            long target = position * (problem.Layout == Layout.ChannelsLast ? problem.Channels : 1);
            int c = 0;
            for (; vectors && c <= problem.Channels - _lanes; c += _lanes)
            {
                SumBlock(x, c, taps, multiplier, y, target + c);
            }
            for (; c < problem.Channels; c++)
            {
                int sum = SumOne(x, c * _channelStep, taps);
                Affine.Write(y, problem.YType, target + (c * _outputChannelStep), Rescaling.Apply(sum, multiplier, problem.YZero, problem.Low, problem.High));
            }
        }
    }

    /// <summary>16 channels of bytes, or 8 of others.</summary>
    private void SumBlock(byte* x, int channel, in Taps taps, int multiplier, byte* y, long at)
    {
        switch (problem.XType, problem.YType)
        {
            case (DataType.S8, DataType.S8):
                Sum16((sbyte*)x + channel, taps, multiplier, (sbyte*)y + at);
                break;
            case (DataType.S8, _):
                Sum8((sbyte*)x + channel, taps, multiplier, (short*)y + at);
                break;
            case (_, DataType.S8):
                Sum8((short*)x + channel, taps, multiplier, (sbyte*)y + at);
                break;
            default:
                Sum8((short*)x + channel, taps, multiplier, (short*)y + at);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum8<TX, TY>(TX* x, in Taps taps, int multiplier, TY* y) where TX : unmanaged where TY : unmanaged
    {
        Vector128<int> s0 = Vector128.Create(unchecked((int)(-problem.XZero * taps.Count))), s1 = s0;
        for (int d = taps.FirstD; d < taps.EndD; d += problem.Window.Dilation.D)
        {
            for (int h = taps.FirstH; h < taps.EndH; h += problem.Window.Dilation.H)
            {
                TX* row = x + (((d * (long)problem.Input.H) + h) * problem.Input.W * _positionStep);
                for (int w = taps.FirstW; w < taps.EndW; w += problem.Window.Dilation.W)
                {
                    Vector128<short> values = EightLanes.Load(row + (w * _positionStep));
                    s0 += Vector128.WidenLower(values);
                    s1 += Vector128.WidenUpper(values);
                }
            }
        }
        Vector128<int> m = Vector128.Create(multiplier);
        EightLanes.Store(Finish(s0, m), Finish(s1, m), y);
    }

    private int SumOne(byte* x, long channel, in Taps taps)
    {
        int sum = 0;
        for (int d = taps.FirstD; d < taps.EndD; d += problem.Window.Dilation.D)
        {
            for (int h = taps.FirstH; h < taps.EndH; h += problem.Window.Dilation.H)
            {
                for (int w = taps.FirstW; w < taps.EndW; w += problem.Window.Dilation.W)
                {
                    long position = (((d * (long)problem.Input.H) + h) * problem.Input.W) + w;
                    sum = unchecked(sum + Affine.Read(x, problem.XType, channel + (position * _positionStep)) - problem.XZero);
                }
            }
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum16(sbyte* x, in Taps taps, int multiplier, sbyte* y)
    {
        Vector128<int> s0 = Vector128.Create(unchecked((int)(-problem.XZero * taps.Count)));
        Vector128<int> s1 = s0, s2 = s0, s3 = s0;
        for (int d = taps.FirstD; d < taps.EndD; d += problem.Window.Dilation.D)
        {
            for (int h = taps.FirstH; h < taps.EndH; h += problem.Window.Dilation.H)
            {
                sbyte* row = x + (((d * (long)problem.Input.H) + h) * problem.Input.W * _positionStep);
                for (int w = taps.FirstW; w < taps.EndW; w += problem.Window.Dilation.W)
                {
                    (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(row + (w * _positionStep)));
                    s0 += Vector128.WidenLower(low);
                    s1 += Vector128.WidenUpper(low);
                    s2 += Vector128.WidenLower(high);
                    s3 += Vector128.WidenUpper(high);
                }
            }
        }
        Vector128<int> m = Vector128.Create(multiplier);
        Vector128<sbyte> bytes = Vector128.Narrow(
            Vector128.Narrow(Finish(s0, m), Finish(s1, m)),
            Vector128.Narrow(Finish(s2, m), Finish(s3, m)));
        bytes.Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<int> Finish(Vector128<int> sums, Vector128<int> multipliers)
    {
        // Clamped before the zero point is added: the sum of both could pass 32 bits.
        Vector128<int> scaled = Rescaling.Scale(sums, multipliers);
        return Vector128.Min(Vector128.Max(scaled, Vector128.Create(problem.Low - problem.YZero)), Vector128.Create(problem.High - problem.YZero)) + Vector128.Create(problem.YZero);
    }

    /// <summary>The input positions that a window covers.</summary>
    private readonly struct Taps
    {
        public Taps(QuantAveragePoolProblem problem, int d, int h, int w)
        {
            (FirstD, EndD, int countD, int declaredD) = Along(problem, 0, d);
            (FirstH, EndH, int countH, int declaredH) = Along(problem, 1, h);
            (FirstW, EndW, int countW, int declaredW) = Along(problem, 2, w);
            Count = (long)countD * countH * countW;
            Declared = (long)declaredD * declaredH * declaredW;
        }

        public int FirstD { get; }

        public int EndD { get; }

        public int FirstH { get; }

        public int EndH { get; }

        public int FirstW { get; }

        public int EndW { get; }

        /// <summary>Taps on the input.</summary>
        public long Count { get; }

        /// <summary>Taps on the input or on padding that the attributes declare.</summary>
        public long Declared { get; }

        private static (int First, int End, int Count, int Declared) Along(QuantAveragePoolProblem problem, int axis, int output)
        {
            Window window = problem.Window;
            long start = ((long)output * window.Stride[axis]) - window.PadBegin[axis];
            int first = 0;
            int count = 0;
            int declared = 0;
            for (int k = 0; k < window.Kernel[axis]; k++)
            {
                long at = start + ((long)k * window.Dilation[axis]);
                declared += at < problem.Input[axis] + (long)window.PadEnd[axis] ? 1 : 0;
                if (at >= 0 && at < problem.Input[axis])
                {
                    first = count == 0 ? (int)at : first;
                    count++;
                }
            }
            return (first, count == 0 ? 0 : checked(first + ((count - 1) * window.Dilation[axis]) + 1), count, declared);
        }
    }

    private struct Operands
    {
        public byte* X;
        public byte* Y;
    }
}
