using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>
/// Moves on devices of what does not come in words of four bytes: of bytes, or of pairs of them (a <c>unit</c> of 1 or 2 bytes), where all sizes, strides
/// and offsets are even. A work item writes a word, so that targets are dense.
/// </summary>
internal static class ByteMovementDevice
{
    private const int Word = 4;
    private const int MostAxes = 6;

    public static bool Fits(StridedCopyProblem problem, int unit) =>
        IsDense(problem) && problem.ElementBytes % unit == 0 && problem.SourceOffset % unit == 0 && problem.SourceStrides.All(s => s % unit == 0)
        && Axes(problem, unit).Fits(MostAxes);

    public static DeviceKernel Copy(StridedCopyProblem problem, int unit) =>
        new([Gather(Axes(problem, unit), problem.SourceOffset / unit, unit, Operand.Output())]);

    public static bool FitsParts(PartsProblem problem, int unit) =>
        problem.PartBytes.Length <= MovementDevice.MostParts && problem.Rows > 0 && problem.PartBytes.All(b => b > 0 && b % unit == 0)
        && problem.Rows * problem.RowBytes <= Words.MostElements;

    /// <summary>One part after another: words that belong to two of them are written twice.</summary>
    public static DeviceKernel Join(PartsProblem problem, int unit)
    {
        var dispatches = new List<DeviceDispatch>();
        int total = (int)(problem.RowBytes / unit);
        int count = (int)problem.Rows * total;
        int start = 0;
        for (int part = 0; part < problem.PartBytes.Length; part++)
        {
            int width = (int)problem.PartBytes[part] / unit;
            dispatches.Add(new DeviceDispatch(Source("bytejoin", unit), [], [Operand.Input(part), Operand.Output()], [count, total, start, width], For(count, unit)));
            start += width;
        }
        return new DeviceKernel([.. dispatches]);
    }

    public static DeviceKernel Split(PartsProblem problem, int unit)
    {
        var dispatches = new List<DeviceDispatch>();
        long offset = 0;
        for (int part = 0; part < problem.PartBytes.Length; part++)
        {
            int width = (int)problem.PartBytes[part] / unit;
            dispatches.Add(Gather(new DeviceAxes([(int)problem.Rows, width], [problem.RowBytes / unit, 1]), offset, unit, Operand.Output(part)));
            offset += width;
        }
        return new DeviceKernel([.. dispatches]);
    }

    private static KernelSource Source(string name, int unit) => KernelSources.Find($"{name}_x{unit * 8}");

    private static Groups For(long count, int unit) => Groups.For(((count * unit) + Word - 1) / Word, 256);

    private static bool IsDense(StridedCopyProblem problem)
    {
        long step = problem.ElementBytes;
        for (int axis = problem.Dims.Length - 1; axis >= 0; axis--)
        {
            if (problem.Dims[axis] != 1 && problem.TargetStrides[axis] != step)
            {
                return false;
            }
            step *= problem.Dims[axis];
        }
        return problem.Count > 0 && problem.TargetOffset == 0;
    }

    private static DeviceAxes Axes(StridedCopyProblem problem, int unit) =>
        new([.. problem.Dims, problem.ElementBytes / unit], [.. problem.SourceStrides.Select(s => s / unit), 1]);

    private static DeviceDispatch Gather(DeviceAxes axes, long source, int unit, Operand target) => new(
        Source("bytecopy", unit),
        [axes.Rank],
        [Operand.Input(0), target],
        [(int)axes.Count, (int)source, .. axes.InnerDims(MostAxes), .. axes.Steps(0, MostAxes)],
        For(axes.Count, unit));
}
