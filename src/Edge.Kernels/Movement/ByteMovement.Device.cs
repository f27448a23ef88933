using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>Moves on devices of what does not come in words of four bytes. A work item writes a word, so that targets are dense.</summary>
internal static class ByteMovementDevice
{
    private const int MostAxes = 6;

    public static bool Fits(StridedCopyProblem problem) => IsDense(problem) && Axes(problem).Fits(MostAxes);

    public static DeviceKernel Copy(StridedCopyProblem problem) => new([Gather(Axes(problem), problem.SourceOffset, Operand.Output())]);

    public static bool FitsParts(PartsProblem problem) =>
        problem.PartBytes.Length <= MovementDevice.MostParts && problem.Rows > 0 && problem.PartBytes.All(b => b > 0) && problem.Rows * problem.RowBytes <= Words.MostElements;

    /// <summary>One part after another: words that belong to two of them are written twice.</summary>
    public static DeviceKernel Join(PartsProblem problem)
    {
        var dispatches = new List<DeviceDispatch>();
        int count = (int)(problem.Rows * problem.RowBytes);
        int start = 0;
        for (int part = 0; part < problem.PartBytes.Length; part++)
        {
            int width = (int)problem.PartBytes[part];
            dispatches.Add(new DeviceDispatch(
                KernelSources.Find("bytejoin"), [], [Operand.Input(part), Operand.Output()], [count, (int)problem.RowBytes, start, width], Groups.For((count + 3) / 4, 256)));
            start += width;
        }
        return new DeviceKernel([.. dispatches]);
    }

    public static DeviceKernel Split(PartsProblem problem)
    {
        var dispatches = new List<DeviceDispatch>();
        long offset = 0;
        for (int part = 0; part < problem.PartBytes.Length; part++)
        {
            int bytes = (int)problem.PartBytes[part];
            dispatches.Add(Gather(new DeviceAxes([(int)problem.Rows, bytes], [problem.RowBytes, 1]), offset, Operand.Output(part)));
            offset += bytes;
        }
        return new DeviceKernel([.. dispatches]);
    }

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

    private static DeviceAxes Axes(StridedCopyProblem problem) => new([.. problem.Dims, problem.ElementBytes], [.. problem.SourceStrides, 1]);

    private static DeviceDispatch Gather(DeviceAxes axes, long source, Operand target) => new(
        KernelSources.Find("bytecopy"),
        [axes.Rank],
        [Operand.Input(0), target],
        [(int)axes.Count, (int)source, .. axes.InnerDims(MostAxes), .. axes.Steps(0, MostAxes)],
        Groups.For((axes.Count + 3) / 4, 256));
}
