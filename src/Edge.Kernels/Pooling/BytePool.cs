using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>
/// Maximum of 8-bit integers (s8) over windows, channels last; taps on padding are ignored, a window without any other gives -128.
/// </summary>
public sealed record BytePoolProblem(int Batch, int Channels, Extent Input, Extent Output, Window Window)
{
    /// <summary>The same windows for a tensor of <paramref name="shape"/>.</summary>
    public static BytePoolProblem Of(Shape shape, PoolProblem problem) => new(shape[0], shape[1], problem.Input, problem.Output, problem.Window);
}

/// <summary>Maximum of 8-bit integers, channels last.</summary>
public static class BytePoolKernels
{
    public static readonly KernelTable<BytePoolProblem> Table = new(
        "bytemaxpool",
        [
            new("bytemaxpool_s8_v128_last", CpuFeatures.Simd128, _ => true, p => new ByteMaxPool(p, vectors: true)),
            new("bytemaxpool_s8_ref", CpuFeatures.None, _ => true, p => new ByteMaxPool(p, vectors: false)),
        ]) { Device = () => PoolDevice.BytesLast };
}

/// <summary>One output position after another; channel by channel (the naive row) or 16 channels at a time.</summary>
internal sealed unsafe class ByteMaxPool(BytePoolProblem problem, bool vectors) : Kernel
{
    private const int Lanes = 16;

    public override void Run(in KernelContext context)
    {
        var operands = new Operands { X = (sbyte*)context.Input(0), Y = (sbyte*)context.Output(0) };
        context.Pool.Run(this, &operands, &RunRow, checked(problem.Batch * problem.Output.D * problem.Output.H));
    }

    private static void RunRow(object owner, void* state, int row) => ((ByteMaxPool)owner).PoolRow(*(Operands*)state, row);

    private void PoolRow(Operands operands, int row)
    {
        Extent output = problem.Output;
        int n = row / (output.D * output.H);
        int d = row / output.H % output.D;
        int h = row % output.H;
        sbyte* x = operands.X + (n * problem.Channels * problem.Input.Count);
        sbyte* y = operands.Y + ((((((long)n * output.D) + d) * output.H) + h) * output.W * problem.Channels);
        (int firstD, int endD) = Along(0, d);
        (int firstH, int endH) = Along(1, h);
        for (int w = 0; w < output.W; w++, y += problem.Channels)
        {
            (int firstW, int endW) = Along(2, w);
            var window = new Covered(firstD, endD, firstH, endH, firstW, endW);
            int c = 0;
            for (; vectors && c < problem.Channels; c += Lanes)
            {
                // Tensors can be read beyond their end.
                Store(Max16(x + c, window), y + c, problem.Channels - c);
            }
            for (; c < problem.Channels; c++)
            {
                y[c] = MaxOne(x + c, window);
            }
        }
    }

    private sbyte MaxOne(sbyte* x, in Covered window)
    {
        sbyte max = sbyte.MinValue;
        for (int d = window.FirstD; d < window.EndD; d += problem.Window.Dilation.D)
        {
            for (int h = window.FirstH; h < window.EndH; h += problem.Window.Dilation.H)
            {
                for (int w = window.FirstW; w < window.EndW; w += problem.Window.Dilation.W)
                {
                    max = Math.Max(max, x[Position(d, h, w)]);
                }
            }
        }
        return max;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vector128<sbyte> Max16(sbyte* x, in Covered window)
    {
        Vector128<sbyte> max = Vector128.Create(sbyte.MinValue);
        long step = (long)problem.Window.Dilation.W * problem.Channels;
        for (int d = window.FirstD; d < window.EndD; d += problem.Window.Dilation.D)
        {
            for (int h = window.FirstH; h < window.EndH; h += problem.Window.Dilation.H)
            {
                sbyte* at = x + Position(d, h, window.FirstW);
                for (int w = window.FirstW; w < window.EndW; w += problem.Window.Dilation.W, at += step)
                {
                    max = Vector128.Max(max, Vector128.Load(at));
                }
            }
        }
        return max;
    }

    private static void Store(Vector128<sbyte> bytes, sbyte* y, int channels)
    {
        if (channels >= Lanes)
        {
            bytes.Store(y);
            return;
        }
        for (int i = 0; i < channels; i++)
        {
            y[i] = ((sbyte*)&bytes)[i];
        }
    }

    private long Position(int d, int h, int w) => ((((d * (long)problem.Input.H) + h) * problem.Input.W) + w) * problem.Channels;

    /// <summary>The first input position that taps reach along an axis, and the end behind the last.</summary>
    private (int First, int End) Along(int axis, int output)
    {
        Window window = problem.Window;
        long start = ((long)output * window.Stride[axis]) - window.PadBegin[axis];
        long dilation = window.Dilation[axis];
        long skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
        long first = start + (skipped * dilation);
        long end = Math.Min(problem.Input[axis], start + window.Span(axis));
        return first < end ? ((int)first, (int)end) : (0, 0);
    }

    private readonly record struct Covered(int FirstD, int EndD, int FirstH, int EndH, int FirstW, int EndW);

    private struct Operands
    {
        public sbyte* X;
        public sbyte* Y;
    }
}
