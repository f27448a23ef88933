using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>Sums over a channel, in vectors along each image and in double from image to image.</summary>
internal static unsafe class ChannelSums<T> where T : struct, ILanes<T>
{
    /// <summary>Sum of (x - shift).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(float* x, long count, float shift)
    {
        T by = T.Splat(shift);
        T a = T.Splat(0);
        T b = T.Splat(0);
        long i = 0;
        for (; i <= count - (2 * T.Count); i += 2 * T.Count)
        {
            a = T.Add(a, T.Subtract(T.Load(x + i), by));
            b = T.Add(b, T.Subtract(T.Load(x + i + T.Count), by));
        }
        double sum = T.Sum(T.Add(a, b));
        for (; i < count; i++)
        {
            sum += x[i] - shift;
        }
        return sum;
    }

    /// <summary>Sum of (x - shift) * (y - yShift).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Product(float* x, float shift, float* y, float yShift, long count)
    {
        T byX = T.Splat(shift);
        T byY = T.Splat(yShift);
        T a = T.Splat(0);
        T b = T.Splat(0);
        long i = 0;
        for (; i <= count - (2 * T.Count); i += 2 * T.Count)
        {
            a = T.MultiplyAdd(T.Subtract(T.Load(x + i), byX), T.Subtract(T.Load(y + i), byY), a);
            b = T.MultiplyAdd(T.Subtract(T.Load(x + i + T.Count), byX), T.Subtract(T.Load(y + i + T.Count), byY), b);
        }
        double sum = T.Sum(T.Add(a, b));
        for (; i < count; i++)
        {
            sum += (double)(x[i] - shift) * (y[i] - yShift);
        }
        return sum;
    }

    /// <summary>target = (x - shift) * factor + y * yFactor + bias</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(float* x, float shift, float factor, float* y, float yFactor, float bias, float* target, long count)
    {
        T by = T.Splat(shift);
        T f = T.Splat(factor);
        T g = T.Splat(yFactor);
        T c = T.Splat(bias);
        long i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T value = T.MultiplyAdd(T.Subtract(T.Load(x + i), by), f, c);
            T.Store(T.MultiplyAdd(T.Load(y + i), g, value), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = ((x[i] - shift) * factor) + (y[i] * yFactor) + bias;
        }
    }
}

/// <summary>What training works on: planar tensors, one channel after the other; channels are the chunks of threads.</summary>
internal abstract unsafe class BatchNormTrainingRows(BatchNormProblem problem) : Kernel
{
    protected BatchNormProblem Problem => problem;

    /// <summary>Elements per channel.</summary>
    protected long Count => problem.Batch * problem.Spatial;

    public static bool HasGoodShape(BatchNormProblem problem) =>
        problem.Layout == Tensors.Layout.Planar && problem.Batch > 0 && problem.Spatial > 0;

    /// <summary>First element of a channel of an image.</summary>
    protected long Start(long image, int channel) => ((image * problem.Channels) + channel) * problem.Spatial;

    /// <summary>Mean and (biased) variance of a channel.</summary>
    protected (float Mean, float Variance) Measure<T>(float* x, int channel) where T : struct, ILanes<T>
    {
        double sum = 0;
        for (long n = 0; n < problem.Batch; n++)
        {
            sum += ChannelSums<T>.Sum(x + Start(n, channel), problem.Spatial, 0);
        }
        float mean = (float)(sum / Count);
        double squares = 0;
        for (long n = 0; n < problem.Batch; n++)
        {
            float* row = x + Start(n, channel);
            squares += ChannelSums<T>.Product(row, mean, row, mean, problem.Spatial);
        }
        return (mean, (float)(squares / Count));
    }

    protected readonly struct Ends(in KernelContext context, int outputs)
    {
        public readonly float* Input0 = (float*)context.Input(0);
        public readonly float* Input1 = (float*)context.Input(1);
        public readonly float* Input2 = (float*)context.Input(2);
        public readonly float* Input3 = (float*)context.Input(3);
        public readonly float* Input4 = (float*)context.Input(4);
        public readonly float* Output0 = (float*)context.Output(0);
        public readonly float* Output1 = outputs > 1 ? (float*)context.Output(1) : null;
        public readonly float* Output2 = outputs > 2 ? (float*)context.Output(2) : null;
    }
}

/// <summary>Batch normalization with the statistics of the batch.</summary>
internal sealed unsafe class BatchNormTrainingForward<T>(BatchNormProblem problem) : BatchNormTrainingRows(problem)
    where T : struct, ILanes<T>
{
    public static bool Fits(BatchNormProblem problem) => problem is { Type: Tensors.DataType.F32, Training: true } && HasGoodShape(problem);

    public override void Run(in KernelContext context)
    {
        var ends = new Ends(context, Problem.UpdatesRunning ? 3 : 1);
        context.Pool.Run(this, &ends, &RunChannel, Problem.Channels);
    }

    private static void RunChannel(object owner, void* state, int channel) => ((BatchNormTrainingForward<T>)owner).Normalize(*(Ends*)state, channel);

    private void Normalize(in Ends ends, int channel)
    {
        (float mean, float variance) = Measure<T>(ends.Input0, channel);
        if (Problem.UpdatesRunning)
        {
            ends.Output1[channel] = (Problem.Momentum * ends.Input3[channel]) + ((1 - Problem.Momentum) * mean);
            ends.Output2[channel] = (Problem.Momentum * ends.Input4[channel]) + ((1 - Problem.Momentum) * variance);
        }
        float factor = (float)(ends.Input1[channel] / Math.Sqrt((double)variance + Problem.Epsilon));
        for (long n = 0; n < Problem.Batch; n++)
        {
            float* x = ends.Input0 + Start(n, channel);
            ChannelSums<T>.Combine(x, mean, factor, x, 0, ends.Input2[channel], ends.Output0 + Start(n, channel), Problem.Spatial);
        }
    }
}

/// <summary>The gradients over lanes.</summary>
internal sealed unsafe class BatchNormGradientRows<T>(BatchNormProblem problem) : BatchNormTrainingRows(problem)
    where T : struct, ILanes<T>
{
    public override void Run(in KernelContext context)
    {
        var ends = new Ends(context, 3);
        context.Pool.Run(this, &ends, &RunChannel, Problem.Channels);
    }

    private static void RunChannel(object owner, void* state, int channel) => ((BatchNormGradientRows<T>)owner).Differentiate(*(Ends*)state, channel);

    private void Differentiate(in Ends ends, int channel)
    {
        (float mean, float variance) = Problem.Training ? Measure<T>(ends.Input1, channel) : (ends.Input3[channel], ends.Input4[channel]);
        double inverse = 1 / Math.Sqrt((double)variance + Problem.Epsilon);
        double bias = 0;
        double product = 0;
        for (long n = 0; n < Problem.Batch; n++)
        {
            float* dy = ends.Input0 + Start(n, channel);
            bias += ChannelSums<T>.Sum(dy, Problem.Spatial, 0);
            product += ChannelSums<T>.Product(ends.Input1 + Start(n, channel), mean, dy, 0, Problem.Spatial);
        }
        double scale = product * inverse;
        ends.Output1[channel] = (float)scale;
        ends.Output2[channel] = (float)bias;
        double factor = ends.Input2[channel] * inverse;
        float perX = Problem.Training ? (float)(-factor * inverse * scale / Count) : 0;
        float constant = Problem.Training ? (float)(-factor * bias / Count) : 0;
        for (long n = 0; n < Problem.Batch; n++)
        {
            long at = Start(n, channel);
            ChannelSums<T>.Combine(ends.Input1 + at, mean, perX, ends.Input0 + at, (float)factor, constant, ends.Output0 + at, Problem.Spatial);
        }
    }
}
