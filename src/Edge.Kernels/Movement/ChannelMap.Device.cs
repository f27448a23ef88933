using Edge.Kernels.Devices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Channels of a few tensors in any order in others, on devices: shuffles, for which copies run by run are too many.</summary>
internal static class ChannelMapDevice
{
    /// <summary>Sources that the kernel takes.</summary>
    private const int MostInputs = 4;

    public static bool Fits(ChannelMapProblem problem) =>
        problem is { Layout: Layout.Planar, Batch: > 0, Positions: > 0 and <= int.MaxValue, InChannels.Length: > 0 and <= MostInputs } && problem.OutChannels.All(c => c > 0)
        && problem.Batch * problem.Positions * Math.Max(problem.InChannels.Sum(c => (long)c), problem.Map.Length) <= Words.MostElements;

    public static DeviceKernel Create(ChannelMapProblem problem)
    {
        int positions = (int)problem.Positions;
        int inputs = problem.InChannels.Length;
        Operand[] sources = [.. Enumerable.Range(0, MostInputs).Select(i => Operand.Input(i < inputs ? i : 0))];
        int[] channels = [.. Enumerable.Range(0, MostInputs).Select(i => problem.InChannels[i < inputs ? i : 0])];
        var dispatches = new List<DeviceDispatch>();
        int first = 0;
        for (int output = 0; output < problem.OutChannels.Length; output++)
        {
            int count = problem.Batch * problem.OutChannels[output] * positions;
            dispatches.Add(new DeviceDispatch(
                KernelSources.Find("channelmap"), [], [.. sources, Operand.Packed(), Operand.Output(output)], [count, problem.OutChannels[output], positions, first, .. channels],
                Groups.For(count, 256)));
            first += problem.OutChannels[output];
        }
        return new DeviceKernel([.. dispatches], 0, _ => [Table(problem)]);
    }

    /// <summary>Source and channel for every channel of the outputs, one output behind the other.</summary>
    private static Tensor Table(ChannelMapProblem problem)
    {
        int[] table = [.. problem.Map.SelectMany(m =>
        {
            ChannelPlace from = m < 0 ? new ChannelPlace(-1, 0) : ChannelPlace.Find(problem.InChannels, m);
            return (int[])[from.Tensor, from.Channel];
        })];
        return Tensor.From(new Shape(table.Length), table);
    }
}
