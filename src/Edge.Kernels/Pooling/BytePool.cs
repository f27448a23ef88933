using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>
/// Maximum of integers (s8 or s16) over windows, channels last; taps on padding are ignored, a window without any other gives the least integer.
/// </summary>
public sealed record BytePoolProblem(int Batch, int Channels, Extent Input, Extent Output, Window Window)
{
    /// <summary>s8 or s16.</summary>
    public DataType Type { get; init; } = DataType.S8;

    /// <summary>The same windows for a tensor of <paramref name="shape"/>.</summary>
    public static BytePoolProblem Of(Shape shape, PoolProblem problem) => new(shape[0], shape[1], problem.Input, problem.Output, problem.Window) { Type = problem.Type };

    /// <summary>Where a position of the input lies in an image: elements from the first.</summary>
    internal long Offset(int d, int h, int w) => ((((d * (long)Input.H) + h) * Input.W) + w) * Channels;

    /// <summary>The first input position that the taps of a window reach along an axis, and the end behind the last; alike where there is none.</summary>
    internal (int First, int End) Covered(int axis, int output)
    {
        long start = ((long)output * Window.Stride[axis]) - Window.PadBegin[axis];
        long dilation = Window.Dilation[axis];
        long skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
        long first = start + (skipped * dilation);
        long end = Math.Min(Input[axis], start + Window.Span(axis));
        return first < end ? ((int)first, (int)end) : (0, 0);
    }
}

/// <summary>Maximum of 8-bit or 16-bit integers, channels last.</summary>
public static class BytePoolKernels
{
    public static readonly KernelTable<BytePoolProblem> Table = new(
        "bytemaxpool",
        [
            new("bytemaxpool_s8_avx512_last", CpuFeatures.Avx512, p => p.Channels > ByteMax32.Lanes && HasList(p), p => new ByteMaxPool<ByteMax64>(p)),
            new("bytemaxpool_s8_avx2_last", CpuFeatures.Avx2, p => p.Channels > ByteMax16.Lanes && HasList(p), p => new ByteMaxPool<ByteMax32>(p)),
            new("bytemaxpool_s16_v128_last", CpuFeatures.Simd128, p => p.Type == DataType.S16 && p.Window.Kernel.Count <= MostTaps, p => new ByteMaxPool<WordMax8>(p)),
            new("bytemaxpool_s8_v128_last", CpuFeatures.Simd128, HasList, p => new ByteMaxPool<ByteMax16>(p)),
            new("bytemaxpool_s16_ref", CpuFeatures.None, p => p.Type == DataType.S16, p => new ByteMaxPoolReference<short>(p)),
            new("bytemaxpool_s8_ref", CpuFeatures.None, p => p.Type == DataType.S8, p => new ByteMaxPoolReference<sbyte>(p)),
        ]) { IsExact = true, Device = () => PoolDevice.BytesLast };

    /// <summary>Most taps whose list fits a thread's stack with ease.</summary>
    private const int MostTaps = 1 << 14;

    private static bool HasList(BytePoolProblem problem) => problem.Type == DataType.S8 && problem.Window.Kernel.Count <= MostTaps;
}

/// <summary>The naive row: one output after another.</summary>
internal sealed unsafe class ByteMaxPoolReference<T>(BytePoolProblem problem) : Kernel where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    public override void Run(in KernelContext context)
    {
        var operands = new Operands { X = (T*)context.Input(0), Y = (T*)context.Output(0) };
        context.Pool.Run(this, &operands, &RunRow, checked(problem.Batch * problem.Output.D * problem.Output.H));
    }

    private static void RunRow(object owner, void* state, int row) => ((ByteMaxPoolReference<T>)owner).PoolRow(*(Operands*)state, row);

    private void PoolRow(Operands operands, int row)
    {
        Extent output = problem.Output;
        int n = row / (output.D * output.H);
        int d = row / output.H % output.D;
        int h = row % output.H;
        T* x = operands.X + (n * problem.Channels * problem.Input.Count);
        T* y = operands.Y + ((long)row * output.W * problem.Channels);
        for (int w = 0; w < output.W; w++, y += problem.Channels)
        {
            for (int c = 0; c < problem.Channels; c++)
            {
                y[c] = MaxOne(x + c, problem.Covered(0, d), problem.Covered(1, h), problem.Covered(2, w));
            }
        }
    }

    private T MaxOne(T* x, (int First, int End) alongD, (int First, int End) alongH, (int First, int End) alongW)
    {
        T max = T.MinValue;
        for (int d = alongD.First; d < alongD.End; d += problem.Window.Dilation.D)
        {
            for (int h = alongH.First; h < alongH.End; h += problem.Window.Dilation.H)
            {
                for (int w = alongW.First; w < alongW.End; w += problem.Window.Dilation.W)
                {
                    max = T.Max(max, x[problem.Offset(d, h, w)]);
                }
            }
        }
        return max;
    }

    private struct Operands
    {
        public T* X;
        public T* Y;
    }
}
