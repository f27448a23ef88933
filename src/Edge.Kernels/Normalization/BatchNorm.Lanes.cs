using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>Float32 over lanes: channel planes one by one, or, where a channel has one element only, all channels side by side.</summary>
internal sealed unsafe class BatchNormLanes<T>(BatchNormProblem problem) : Kernel where T : struct, ILanes<T>
{
    private readonly int _channels = problem.Channels;
    private readonly int _spatial = (int)problem.Spatial;

    private Activation Activation => problem.Activation;

    /// <summary>One factor per channel.</summary>
    public override long ScratchBytes => (long)problem.Channels * sizeof(float);

    public override void Run(in KernelContext context)
    {
        var factors = (float*)context.Scratch;
        var scales = (float*)context.Input(1);
        var variances = (float*)context.Input(4);
        for (int channel = 0; channel < _channels; channel++)
        {
            factors[channel] = (float)(scales[channel] / Math.Sqrt((double)variances[channel] + problem.Epsilon));
        }
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0), (float*)context.Input(3), factors, (float*)context.Input(2));
        int chunks = checked((int)(_spatial == 1 ? problem.Batch : problem.Batch * _channels));
        context.Pool.Run(this, &ends, _spatial == 1 ? &RunChannels : &RunPlane, chunks);
    }

    private static void RunPlane(object owner, void* state, int plane)
    {
        var kernel = Unsafe.As<BatchNormLanes<T>>(owner);
        var ends = (Ends*)state;
        int channel = plane % kernel._channels;
        long start = (long)plane * kernel._spatial;
        AffineRow<T>.Apply(ends->Source + start, ends->Target + start, kernel._spatial, ends->Means[channel], ends->Factors[channel], ends->Biases[channel]);
        kernel.Activation.ApplyInPlace(ends->Target + start, kernel._spatial);
    }

    private static void RunChannels(object owner, void* state, int image)
    {
        var kernel = Unsafe.As<BatchNormLanes<T>>(owner);
        var ends = (Ends*)state;
        long start = (long)image * kernel._channels;
        AffineRow<T>.ApplyVectors(ends->Source + start, ends->Target + start, kernel._channels, ends->Means, ends->Factors, ends->Biases);
        kernel.Activation.ApplyInPlace(ends->Target + start, kernel._channels);
    }

    private readonly struct Ends(float* source, float* target, float* means, float* factors, float* biases)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
        public readonly float* Means = means;
        public readonly float* Factors = factors;
        public readonly float* Biases = biases;
    }
}
