using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>The naive row: one element after the other, in double precision.</summary>
internal sealed unsafe class BatchNormReference<TElement>(BatchNormProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    public override void Run(in KernelContext context)
    {
        var source = (TElement*)context.Input(0);
        var target = (TElement*)context.Output(0);
        long image = problem.Layout.ImageElements(problem.Channels, problem.Spatial);
        for (long i = 0; i < problem.Batch * problem.Channels * problem.Spatial; i++)
        {
            long channel = i / problem.Spatial % problem.Channels;
            double scale = double.CreateTruncating(((TElement*)context.Input(1))[channel]);
            double bias = double.CreateTruncating(((TElement*)context.Input(2))[channel]);
            double mean = double.CreateTruncating(((TElement*)context.Input(3))[channel]);
            double variance = double.CreateTruncating(((TElement*)context.Input(4))[channel]);
            long at = (i / problem.Spatial / problem.Channels * image) + problem.Layout.Offset(channel, i % problem.Spatial, problem.Spatial);
            double x = double.CreateTruncating(source[at]);
            target[at] = TElement.CreateTruncating(problem.Activation.Apply((scale * (x - mean) / Math.Sqrt(variance + problem.Epsilon)) + bias));
        }
    }
}

/// <summary>The naive row that takes mean and variance from the input and updates the running ones.</summary>
internal sealed unsafe class BatchNormTraining<TElement>(BatchNormProblem problem) : Kernel where TElement : unmanaged, INumber<TElement>
{
    private readonly long _count = problem.Batch * problem.Spatial;

    public override void Run(in KernelContext context)
    {
        for (int channel = 0; channel < problem.Channels; channel++)
        {
            (double mean, double variance) = Measure((TElement*)context.Input(0), channel);
            double scale = double.CreateTruncating(((TElement*)context.Input(1))[channel]);
            double bias = double.CreateTruncating(((TElement*)context.Input(2))[channel]);
            if (problem.UpdatesRunning)
            {
                Mix((TElement*)context.Input(3), (TElement*)context.Output(1), channel, mean);
                Mix((TElement*)context.Input(4), (TElement*)context.Output(2), channel, variance);
            }
            double factor = scale / Math.Sqrt(variance + problem.Epsilon);
            for (long i = 0; i < _count; i++)
            {
                long at = Position(i, channel);
                double x = double.CreateTruncating(((TElement*)context.Input(0))[at]);
                ((TElement*)context.Output(0))[at] = TElement.CreateTruncating(((x - mean) * factor) + bias);
            }
        }
    }

    private (double Mean, double Variance) Measure(TElement* source, int channel)
    {
        double sum = 0;
        for (long i = 0; i < _count; i++)
        {
            sum += double.CreateTruncating(source[Position(i, channel)]);
        }
        double mean = sum / _count;
        double squares = 0;
        for (long i = 0; i < _count; i++)
        {
            double difference = double.CreateTruncating(source[Position(i, channel)]) - mean;
            squares += difference * difference;
        }
        return (mean, squares / _count);
    }

    private long Position(long index, int channel) =>
        (((index / problem.Spatial * problem.Channels) + channel) * problem.Spatial) + (index % problem.Spatial);

    private void Mix(TElement* input, TElement* output, int channel, double current)
    {
        double old = double.CreateTruncating(input[channel]);
        output[channel] = TElement.CreateTruncating((problem.Momentum * old) + ((1 - problem.Momentum) * current));
    }
}
