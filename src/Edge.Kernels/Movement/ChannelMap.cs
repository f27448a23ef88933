using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Moves whole channels of tensors [N, C, spatial...]: output channel c, counted through all outputs, becomes input channel
/// <c>Map[c]</c>, counted through all inputs, or zeros where that is -1. Concatenation, splitting, slicing and shuffling along
/// the channels are of this form.
/// </summary>
/// <param name="Positions">Number of spatial positions.</param>
/// <param name="InChannels">Channels of each input.</param>
/// <param name="OutChannels">Channels of each output.</param>
/// <param name="Map">One entry per output channel.</param>
/// <param name="Layout">Of all inputs and outputs. Blocks are of float32.</param>
public sealed record ChannelMapProblem(int Batch, long Positions, int[] InChannels, int[] OutChannels, int[] Map, Layout Layout, int ElementBytes = sizeof(float))
{
    /// <summary>Every channel once, in order: joins the inputs and cuts the outputs.</summary>
    public static int[] InOrder(int channels) => [.. Enumerable.Range(0, channels)];

    /// <summary>
    /// The channels as (groups, channels / groups), transposed (Zhang et al., "ShuffleNet", 2018): the first of each group, then the
    /// second of each, and so on.
    /// </summary>
    /// <param name="groups">A divisor of <paramref name="channels"/>.</param>
    public static int[] Shuffled(int channels, int groups) => [.. Enumerable.Range(0, channels).Select(c => (c % groups * (channels / groups)) + (c / groups))];

    public override string ToString() =>
        $"{Batch} images of {Positions} positions, [{string.Join(',', InChannels)}] to [{string.Join(',', OutChannels)}] channels, {Layout}";
}

/// <summary>Moves of channels.</summary>
public static class ChannelMapKernels
{
    public static readonly KernelTable<ChannelMapProblem> Table = new(
        "channelmap",
        [
            new("channelmap_f32_v128_blocks", CpuFeatures.Simd128, p => p.Layout == Layout.Blocked8 && p.ElementBytes == sizeof(float), p => new ChannelMapBlocks(p)),
            new("channelmap_any_scalar_planes", CpuFeatures.None, p => p.Layout == Layout.Planar, p => new ChannelMapPlanes(p)),
            new("channelmap_any_ref", CpuFeatures.None, _ => true, p => new ChannelMapReference(p)),
        ]) { Device = () => MovementDevice.ChannelMap };
}

/// <summary>A channel of one of several tensors.</summary>
internal readonly record struct ChannelPlace(int Tensor, int Channel)
{
    /// <summary>Where channel <paramref name="channel"/>, counted through all tensors, is.</summary>
    public static ChannelPlace Find(ReadOnlySpan<int> channels, int channel)
    {
        int tensor = 0;
        while (channel >= channels[tensor])
        {
            channel -= channels[tensor++];
        }
        return new ChannelPlace(tensor, channel);
    }
}

/// <summary>The naive row: element by element.</summary>
internal sealed unsafe class ChannelMapReference(ChannelMapProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        for (int c = 0; c < problem.Map.Length; c++)
        {
            for (int n = 0; n < problem.Batch; n++)
            {
                CopyChannel(context, c, n);
            }
        }
    }

    private void CopyChannel(in KernelContext context, int channel, int image)
    {
        ChannelPlace to = ChannelPlace.Find(problem.OutChannels, channel);
        int bytes = problem.ElementBytes;
        for (long p = 0; p < problem.Positions; p++)
        {
            byte* target = context.Output(to.Tensor) + (Element(problem.OutChannels[to.Tensor], to.Channel, image, p) * bytes);
            if (problem.Map[channel] < 0)
            {
                new Span<byte>(target, bytes).Clear();
                continue;
            }
            ChannelPlace from = ChannelPlace.Find(problem.InChannels, problem.Map[channel]);
            Buffer.MemoryCopy(context.Input(from.Tensor) + (Element(problem.InChannels[from.Tensor], from.Channel, image, p) * bytes), target, bytes, bytes);
        }
    }

    private long Element(int channels, int channel, int image, long position) =>
        (image * problem.Layout.ImageElements(channels, problem.Positions)) + problem.Layout.Offset(channel, position, problem.Positions);
}

/// <summary>Planar tensors: one block copy per channel.</summary>
internal sealed unsafe class ChannelMapPlanes : Kernel
{
    private readonly ChannelMapProblem _problem;
    private readonly ChannelPlace[] _from;
    private readonly ChannelPlace[] _to;
    private readonly long _bytes;

    public ChannelMapPlanes(ChannelMapProblem problem)
    {
        _problem = problem;
        _from = [.. problem.Map.Select(c => c < 0 ? new ChannelPlace(-1, 0) : ChannelPlace.Find(problem.InChannels, c))];
        _to = [.. Enumerable.Range(0, problem.Map.Length).Select(c => ChannelPlace.Find(problem.OutChannels, c))];
        _bytes = checked(problem.Positions * problem.ElementBytes);
    }

    public override void Run(in KernelContext context)
    {
        for (int c = 0; c < _to.Length; c++)
        {
            for (int n = 0; n < _problem.Batch; n++)
            {
                byte* target = context.Output(_to[c].Tensor) + ((((long)n * _problem.OutChannels[_to[c].Tensor]) + _to[c].Channel) * _bytes);
                if (_from[c].Tensor < 0)
                {
                    new Span<byte>(target, checked((int)_bytes)).Clear();
                    continue;
                }
                byte* source = context.Input(_from[c].Tensor) + ((((long)n * _problem.InChannels[_from[c].Tensor]) + _from[c].Channel) * _bytes);
                Buffer.MemoryCopy(source, target, _bytes, _bytes);
            }
        }
    }
}
