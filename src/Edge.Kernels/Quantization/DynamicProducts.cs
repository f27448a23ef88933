using Edge.Kernels.Dispatch;
using Edge.Kernels.Threading;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>What sums the products of an image of <see cref="DynamicImage{TLanes}"/> for convolutions that are quantized in the run.</summary>
internal abstract unsafe class DynamicProducts : IDisposable
{
    /// <summary>The form in which the image is read.</summary>
    public abstract BytePadding Padding { get; }

    /// <summary>Lanes of all groups of output channels.</summary>
    public abstract int Lanes { get; }

    /// <summary>The lane of each output channel.</summary>
    public abstract ReadOnlySpan<int> LaneOf { get; }

    /// <summary>As <see cref="IDotTile.InputOffset"/>.</summary>
    public abstract int InputOffset { get; }

    public abstract long PackedBytes { get; }

    /// <summary>What <see cref="Run"/> needs besides the image.</summary>
    public virtual long ScratchBytes => 0;

    /// <summary>For each lane the sum of its weights, once packed.</summary>
    public abstract int* Sums { get; }

    public abstract void Pack(sbyte* weights);

    /// <summary>Convolves one image; sums end in float32.</summary>
    /// <param name="finish">For the first lane, at the first position; its channels are those of all groups, blocks of eight filled up.</param>
    public abstract void Run(WorkerPool pool, sbyte* image, byte* scratch, in DotFinish finish);

    public abstract void Dispose();

    /// <summary>Bytes of the output from a channel to one of another block of eight.</summary>
    /// <param name="channel">The first of a block, or any where all lie side by side.</param>
    protected static long ChannelBytes(in DotFinish finish, int channel) => channel * (finish.BlockStride / Layouts.Block);
}

/// <summary>Sums of products as they stand, by register tiles.</summary>
internal sealed unsafe class DynamicDot<TTile> : DynamicProducts where TTile : struct, IDotTile
{
    private readonly DotWeights _weights;
    private readonly DotSweep<TTile> _sweep;
    private readonly int[] _laneOf;
    private readonly bool _isMatrix;

    /// <param name="widens">The tile reads 16 bits.</param>
    public DynamicDot(DynamicConvProblem problem, bool widens = false)
    {
        _isMatrix = problem.OutputLayout == Layout.ChannelsLast;
        QuantConvProblem integers = widens ? problem.Bytes.Widened : problem.Bytes;
        Padding = new BytePadding(integers, widens: widens);
        _weights = new DotWeights(integers, Padding.RowBytes, TTile.Lanes);
        _sweep = new DotSweep<TTile>(integers, Padding, _weights);
        _laneOf = new int[problem.OutChannels];
        for (int group = 0; group < _weights.Groups; group++)
        {
            (int first, int count) = _weights.OutputChannels(group);
            for (int i = 0; i < count; i++)
            {
                _laneOf[first + i] = (group * TTile.Lanes) + TTile.LaneOf(i, count);
            }
        }
    }

    public override BytePadding Padding { get; }

    public override int Lanes => checked(_weights.Groups * TTile.Lanes);

    public override ReadOnlySpan<int> LaneOf => _laneOf;

    public override int InputOffset => TTile.InputOffset;

    public override long PackedBytes => _weights.Bytes;

    public override int* Sums => _weights.Bias(0);

    public override void Pack(sbyte* weights) => _weights.PackSums<TTile>(weights);

    public override void Run(WorkerPool pool, sbyte* image, byte* scratch, in DotFinish finish)
    {
        var run = new State { Image = image, Finish = finish };
        pool.Run(this, &run, &RunItem, _sweep.Items);
    }

    public override void Dispose() => _weights.Dispose();

    private static void RunItem(object owner, void* state, int item) => ((DynamicDot<TTile>)owner).RunItem(*(State*)state, item);

    private void RunItem(in State run, int item)
    {
        (int group, int first, int count) = _sweep.Part(item);
        (int channel, int channels) = _weights.OutputChannels(group);
        DotFinish finish = run.Finish.At(group * TTile.Lanes, TTile.Lanes);
        finish.Y += (first * finish.PixelStride) + ChannelBytes(finish, channel);
        // Lanes of a block that are no channels have weights of 0.
        finish.Channels = _isMatrix ? channels : Layouts.Blocks(channels) * Layouts.Block;
        _sweep.Run<DotFloats>(run.Image, group, first, count, finish);
    }

    private struct State
    {
        public sbyte* Image;
        public DotFinish Finish;
    }
}

/// <summary>Integer Winograd, to blocks of eight channels.</summary>
internal sealed unsafe class DynamicWinograd(WinogradSweep<DotFloats> sweep) : DynamicProducts
{
    public override BytePadding Padding => sweep.Padding;

    public override int Lanes => checked(sweep.Numbers.Groups * sweep.Numbers.Lanes);

    public override ReadOnlySpan<int> LaneOf => sweep.Numbers.LaneOf;

    public override int InputOffset => 0;

    public override long PackedBytes => sweep.PackedBytes;

    public override long ScratchBytes => sweep.ScratchBytes;

    public override int* Sums => sweep.Numbers.Bias;

    public override void Pack(sbyte* weights) => sweep.PackSums(weights);

    public override void Run(WorkerPool pool, sbyte* image, byte* scratch, in DotFinish finish) =>
        sweep.Run(pool, image, scratch, finish, ChannelBytes(finish, sweep.Numbers.Lanes));

    public override void Dispose() => sweep.Dispose();
}
