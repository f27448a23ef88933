using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>Reductions on devices: a work item or, for long sets, a group of them per result.</summary>
internal static class ReduceDevice
{
    private const int MostAxes = 4;
    private const int GroupSize = 64;

    /// <summary>Codes in <c>reduce.kernel</c>, by the name of the reduction.</summary>
    private static readonly string[] Codes = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"];

    public static readonly KernelRow<ArgReduceProblem>[] Arg =
    [
        new(
            "argreduce_f32_device",
            CpuFeatures.None,
            p => p is { Type: DataType.F32, Length: > 0, Outer: > 0, Inner: > 0 } && p.Outer * p.Inner * p.Length <= Words.MostElements,
            p => DeviceKernel.Of(
                "argreduce",
                [Words.Of(p.Least), Words.Of(p.SelectLast)],
                [Operand.Input(0), Operand.Output()],
                [(int)(p.Outer * p.Inner), p.Length, (int)p.Inner],
                Groups.For(p.Outer * p.Inner, GroupSize))),
    ];

    /// <summary>The row of a reduction.</summary>
    public static KernelRow<ReduceProblem>[] Rows(string name) =>
        [new($"reduce{name.ToLowerInvariant()}_f32_device", CpuFeatures.None, p => p.Type == DataType.F32 && Fits(p.Input, p.Axes), p => Create(p.Input, p.Axes, name))];

    /// <summary>Whether <see cref="Create"/> can reduce such a tensor.</summary>
    public static bool Fits(Shape input, int[] axes) =>
        input.Count is > 0 and <= Words.MostElements && Kept(input, axes).Rank <= MostAxes && Reduced(input, axes).Rank <= MostAxes;

    public static DeviceKernel Create(Shape input, int[] axes, string name)
    {
        DeviceAxes kept = Kept(input, axes);
        DeviceAxes reduced = Reduced(input, axes);
        bool shares = reduced.Count >= GroupSize;
        return DeviceKernel.Of(
            shares ? "reduce_group" : "reduce_item",
            [Array.IndexOf(Codes, name)],
            [Operand.Input(0), Operand.Output()],
            [
                (int)kept.Count, (int)reduced.Count, .. kept.RightDims(MostAxes), .. kept.RightSteps(0, MostAxes),
                .. reduced.RightDims(MostAxes), .. reduced.RightSteps(0, MostAxes),
            ],
            Groups.For(kept.Count, shares ? 1 : GroupSize));
    }

    private static DeviceAxes Kept(Shape input, int[] axes) => Select(input, axis => !axes.Contains(axis));

    private static DeviceAxes Reduced(Shape input, int[] axes) => Select(input, axes.Contains);

    private static DeviceAxes Select(Shape input, Func<int, bool> wanted)
    {
        long[] strides = input.Strides();
        int[] selected = [.. Enumerable.Range(0, input.Rank).Where(wanted)];
        long[] steps = [.. selected.Select(a => strides[a])];
        return new DeviceAxes([.. selected.Select(a => input[a])], steps);
    }
}
