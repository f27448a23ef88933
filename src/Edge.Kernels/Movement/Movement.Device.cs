using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>Moves of words of four bytes on devices.</summary>
internal static class MovementDevice
{
    private const int Word = 4;
    private const int Pair = 2;
    private const int MostAxes = 6;

    /// <summary>An entry of a table for elements that are not in the source; six of them do not wrap.</summary>
    private const int Outside = int.MinValue / 8;

    /// <summary>Parts whose copies are launched one by one; more are left to the CPU.</summary>
    internal const int MostParts = 64;

    public static readonly KernelRow<StridedCopyProblem>[] StridedCopy =
    [
        new("stridedcopy_x32_device", CpuFeatures.None, Fits, p => new DeviceKernel([Copy(p, Operand.Input(0), Operand.Output())])),
        new("stridedcopy_x16_device", CpuFeatures.None, p => ByteMovementDevice.Fits(p, Pair), p => ByteMovementDevice.Copy(p, Pair)),
        new("stridedcopy_x8_device", CpuFeatures.None, p => ByteMovementDevice.Fits(p, 1), p => ByteMovementDevice.Copy(p, 1)),
    ];

    public static readonly KernelRow<PartsProblem>[] Concat =
    [
        new("concat_x32_device", CpuFeatures.None, Fits, p => Parts(p, joins: true)),
        new("concat_x16_device", CpuFeatures.None, p => ByteMovementDevice.FitsParts(p, Pair), p => ByteMovementDevice.Join(p, Pair)),
        new("concat_x8_device", CpuFeatures.None, p => ByteMovementDevice.FitsParts(p, 1), p => ByteMovementDevice.Join(p, 1)),
    ];

    public static readonly KernelRow<PartsProblem>[] Split =
    [
        new("split_x32_device", CpuFeatures.None, Fits, p => Parts(p, joins: false)),
        new("split_x16_device", CpuFeatures.None, p => ByteMovementDevice.FitsParts(p, Pair), p => ByteMovementDevice.Split(p, Pair)),
        new("split_x8_device", CpuFeatures.None, p => ByteMovementDevice.FitsParts(p, 1), p => ByteMovementDevice.Split(p, 1)),
    ];

    public static readonly KernelRow<ChannelMapProblem>[] ChannelMap =
    [
        new("channelmap_x32_device", CpuFeatures.None, p => p.ElementBytes == Word && Fits(p), Channels),
        new("channelmap_x32_device_table", CpuFeatures.None, p => p.ElementBytes == Word && ChannelMapDevice.Fits(p), ChannelMapDevice.Create),
        new("channelmap_x16_device", CpuFeatures.None, p => p.ElementBytes == Pair && IsSingle(p) && Fits(p), Channels),
        new("channelmap_x8_device", CpuFeatures.None, p => p.ElementBytes == 1 && IsSingle(p) && Fits(p), Channels),
    ];

    public static readonly KernelRow<PadProblem>[] Pad =
    [
        new("pad_x32_device", CpuFeatures.None, p => p.ElementBytes == Word && Fits(p), Padding),
        new("pad_x16_device", CpuFeatures.None, p => p.ElementBytes == Pair && Fits(p), Padding),
        new("pad_x8_device", CpuFeatures.None, p => p.ElementBytes == 1 && Fits(p), Padding),
    ];

    /// <summary>A copy of <paramref name="bytes"/> bytes, a multiple of 4, on the device.</summary>
    public static DeviceKernel CopyAll(int input, long bytes) =>
        new([Copy(new StridedCopyProblem([(int)(bytes / Word)], [Word], [Word], 0, 0, Word), Operand.Input(input), Operand.Output())]);

    /// <summary>Whether <see cref="CopyAll"/> can move so many bytes.</summary>
    public static bool FitsCopy(long bytes) => bytes > 0 && bytes % Word == 0 && bytes / Word <= Words.MostElements;

    /// <summary>Elements looked up through one table per axis; see <c>tablecopy.kernel</c>.</summary>
    /// <param name="axes">Per axis of the output, the source offsets in elements; negative for the fill value.</param>
    /// <param name="elementBytes">4, 2 or 1.</param>
    public static DeviceKernel Table(int[][] axes, int fill, int elementBytes)
    {
        int[][] all = axes.Length == 0 ? [[0]] : axes;
        long count = all.Aggregate(1L, (product, axis) => product * axis.Length);
        Tensor table = Tensor.From(new Shape(all.Sum(a => a.Length)), (int[])[.. all.SelectMany(a => a)]);
        var dispatch = new DeviceDispatch(
            KernelSources.Find(elementBytes == Word ? "tablecopy" : $"bytetable_x{elementBytes * 8}"),
            [all.Length],
            [Operand.Input(0), Operand.Packed(), Operand.Output()],
            [(int)count, fill, .. all.Select(a => a.Length), .. Enumerable.Repeat(1, MostAxes - all.Length)],
            Groups.For(((count * elementBytes) + Word - 1) / Word, 256));
        return new DeviceKernel([dispatch], 0, _ => [table]);
    }

    /// <summary>Whether <see cref="Table"/> can look up so many elements of a source of so many.</summary>
    public static bool FitsTable(int rank, long outputs, long inputs) => rank <= MostAxes && outputs is > 0 and <= Words.MostElements && inputs is > 0 and <= Words.MostElements;

    private static bool Fits(StridedCopyProblem problem) =>
        problem.Count > 0 && problem.ElementBytes % Word == 0 && IsAligned(problem) && Axes(problem).Fits(MostAxes);

    private static bool IsAligned(StridedCopyProblem problem) =>
        problem.SourceStrides.Concat(problem.TargetStrides).All(s => s % Word == 0) && problem.SourceOffset % Word == 0 && problem.TargetOffset % Word == 0;

    private static DeviceAxes Axes(StridedCopyProblem problem)
    {
        int words = problem.ElementBytes / Word;
        return new DeviceAxes([.. problem.Dims, words], [.. problem.SourceStrides.Select(s => s / Word), 1], [.. problem.TargetStrides.Select(s => s / Word), 1]);
    }

    private static DeviceDispatch Copy(StridedCopyProblem problem, Operand source, Operand target)
    {
        DeviceAxes axes = Axes(problem);
        return new DeviceDispatch(
            KernelSources.Find("stridedcopy"),
            [axes.Rank],
            [source, target],
            [
                (int)axes.Count, (int)(problem.SourceOffset / Word), (int)(problem.TargetOffset / Word),
                .. axes.InnerDims(MostAxes), .. axes.Steps(0, MostAxes), .. axes.Steps(1, MostAxes),
            ],
            Groups.For(axes.Count, 256));
    }

    private static DeviceDispatch Fill(long words, int value, Operand target) =>
        new(KernelSources.Find("fill"), [], [target], [(int)words, value], Groups.For(words, 256));

    private static bool Fits(PartsProblem problem) =>
        problem.Rows > 0 && problem.PartBytes.Length <= MostParts && problem.PartBytes.All(b => b % Word == 0)
        && problem.Rows * problem.RowBytes is > 0 and var bytes && bytes / Word <= Words.MostElements;

    private static DeviceKernel Parts(PartsProblem problem, bool joins)
    {
        var dispatches = new List<DeviceDispatch>();
        long offset = 0;
        for (int part = 0; part < problem.PartBytes.Length; part++)
        {
            long bytes = problem.PartBytes[part];
            if (bytes > 0)
            {
                int words = (int)(bytes / Word);
                dispatches.Add(joins
                    ? Copy(new StridedCopyProblem([(int)problem.Rows, words], [bytes, Word], [problem.RowBytes, Word], 0, offset, Word), Operand.Input(part), Operand.Output())
                    : Copy(new StridedCopyProblem([(int)problem.Rows, words], [problem.RowBytes, Word], [bytes, Word], offset, 0, Word), Operand.Input(0), Operand.Output(part)));
            }
            offset += bytes;
        }
        return new DeviceKernel([.. dispatches]);
    }

    private static bool Fits(ChannelMapProblem problem) =>
        problem is { Layout: Layout.Planar, Batch: > 0, Positions: > 0 and <= int.MaxValue } && problem.Map.Length > 0
        && problem.Batch * problem.Positions * Math.Max(problem.InChannels.Sum(c => (long)c), problem.Map.Length) <= Words.MostElements
        && (IsSingle(problem) || (Runs(problem).Count() <= MostParts && (problem.Batch == 1 || problem.Map.All(c => c >= 0))));

    private static bool IsSingle(ChannelMapProblem problem) => problem.InChannels.Length == 1 && problem.OutChannels.Length == 1;

    private static DeviceKernel Channels(ChannelMapProblem problem)
    {
        int positions = (int)problem.Positions;
        if (IsSingle(problem))
        {
            return Table(
                [
                    [.. Enumerable.Range(0, problem.Batch).Select(n => n * problem.InChannels[0] * positions)],
                    [.. problem.Map.Select(c => c < 0 ? Outside : c * positions)],
                    [.. Enumerable.Range(0, positions)],
                ],
                0,
                problem.ElementBytes);
        }
        return new DeviceKernel([.. Runs(problem).Select(run => CopyRun(problem, run))]);
    }

    /// <summary>Runs of adjacent channels that stay adjacent: (first output channel, first input channel or -1, number).</summary>
    private static IEnumerable<(ChannelPlace To, ChannelPlace From, int Count)> Runs(ChannelMapProblem problem)
    {
        int start = 0;
        while (start < problem.Map.Length)
        {
            ChannelPlace to = ChannelPlace.Find(problem.OutChannels, start);
            ChannelPlace from = problem.Map[start] < 0 ? new ChannelPlace(-1, 0) : ChannelPlace.Find(problem.InChannels, problem.Map[start]);
            int most = problem.OutChannels[to.Tensor] - to.Channel;
            most = from.Tensor < 0 ? most : Math.Min(most, problem.InChannels[from.Tensor] - from.Channel);
            int count = 1;
            while (count < most && (from.Tensor < 0 ? problem.Map[start + count] < 0 : problem.Map[start + count] == problem.Map[start] + count))
            {
                count++;
            }
            yield return (to, from, count);
            start += count;
        }
    }

    private static DeviceDispatch CopyRun(ChannelMapProblem problem, (ChannelPlace To, ChannelPlace From, int Count) run)
    {
        long plane = problem.Positions * Word;
        int words = checked((int)(run.Count * problem.Positions));
        long target = run.To.Channel * plane;
        long[] targetStrides = [problem.OutChannels[run.To.Tensor] * plane, Word];
        if (run.From.Tensor < 0)
        {
            return Fill(words, 0, Operand.Output(run.To.Tensor, target));
        }
        long[] sourceStrides = [problem.InChannels[run.From.Tensor] * plane, Word];
        return Copy(
            new StridedCopyProblem([problem.Batch, words], sourceStrides, targetStrides, run.From.Channel * plane, target, Word),
            Operand.Input(run.From.Tensor),
            Operand.Output(run.To.Tensor));
    }

    private static bool Fits(PadProblem problem) =>
        !problem.FillIsInput && FitsTable(problem.Input.Rank, problem.Output.Count, problem.Input.Count);

    private static DeviceKernel Padding(PadProblem problem)
    {
        long[] strides = problem.Input.Strides();
        Shape output = problem.Output;
        int[][] axes = [.. Enumerable.Range(0, problem.Input.Rank).Select(axis =>
        {
            var source = new PadAxis(problem, axis);
            return (int[])[.. Enumerable.Range(0, output[axis]).Select(i => source.Source(i) is >= 0 and var at ? (int)(at * strides[axis]) : Outside)];
        })];
        return Table(axes, unchecked((int)problem.Fill), problem.ElementBytes);
    }
}
