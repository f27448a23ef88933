using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>Resizing on devices: nearest through a table per axis, the others by weights along the last two axes.</summary>
internal static class ResizeDevice
{
    public static readonly KernelRow<ResizeProblem>[] Rows =
    [
        new("resize_f32_device_nearest", CpuFeatures.None, p => p.Type == DataType.F32 && FitsNearest(p), Nearest),
        new("resize_x8_device_nearest", CpuFeatures.None, p => p.Type is (DataType.S8 or DataType.U8) && FitsNearest(p), Nearest),
        new("resize_x16_device_nearest", CpuFeatures.None, p => p.Type == DataType.S16 && FitsNearest(p), Nearest),
        new("resize_f32_device_taps", CpuFeatures.None, p => p.Type == DataType.F32 && Fits(p) && p.Rule.Mode != ResizeMode.Nearest && p.IsPlanar, Weighted),
    ];

    private static long Inputs(ResizeProblem problem) => new Shape([.. problem.Axes.Select(a => a.Input)]).Count;

    private static long Outputs(ResizeProblem problem) => new Shape([.. problem.Axes.Select(a => a.Output)]).Count;

    private static bool Fits(ResizeProblem problem) =>
        !problem.Extrapolates && Outputs(problem) is > 0 and <= Words.MostElements && Inputs(problem) is > 0 and <= Words.MostElements;

    private static bool FitsNearest(ResizeProblem problem) =>
        Fits(problem) && problem.Rule.Mode == ResizeMode.Nearest && MovementDevice.FitsTable(problem.Axes.Length, Outputs(problem), Inputs(problem));

    private static DeviceKernel Nearest(ResizeProblem problem)
    {
        long[] strides = new Shape([.. problem.Axes.Select(a => a.Input)]).Strides();
        return MovementDevice.Table([.. problem.Taps.Select((t, axis) => (int[])[.. t.Positions.Select(p => (int)(p * strides[axis]))])], 0, problem.Type.Size());
    }

    private static DeviceKernel Weighted(ResizeProblem problem)
    {
        AxisTaps rows = problem.Taps[^2];
        AxisTaps columns = problem.Taps[^1];
        long count = Outputs(problem);
        int[] positions = [.. rows.Positions, .. columns.Positions];
        float[] weights = [.. rows.Weights.Concat(columns.Weights).Select(w => (float)w)];
        var dispatch = new DeviceDispatch(
            KernelSources.Find("resize"),
            [rows.Count, columns.Count],
            [Operand.Input(0), Operand.Packed(0), Operand.Packed(1), Operand.Output()],
            [(int)count, problem.Axes[^2].Input, problem.Axes[^1].Input, problem.Axes[^2].Output, problem.Axes[^1].Output],
            Groups.For(count, 64));
        return new DeviceKernel([dispatch], 0, _ => [Tensor.From(new Shape(positions.Length), positions), Tensor.From(new Shape(weights.Length), weights)]);
    }
}
