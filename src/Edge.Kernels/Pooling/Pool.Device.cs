using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Pooling on devices.</summary>
internal static class PoolDevice
{
    public static readonly KernelRow<PoolProblem>[] Max = [new("maxpool_f32_device", CpuFeatures.None, p => Fits(p) && !p.HasIndices, p => Create(p, 0)), Integers(DataType.S8), Integers(DataType.S16)];

    public static readonly KernelRow<BytePoolProblem>[] BytesLast = [IntegersLast(DataType.S8), IntegersLast(DataType.S16)];

    public static readonly KernelRow<PoolProblem>[] Average = [new("averagepool_f32_device", CpuFeatures.None, Fits, p => Create(p, 1))];

    public static readonly KernelRow<PoolProblem>[] Norm = [new("lppool_f32_device", CpuFeatures.None, p => Fits(p) && p.P is >= 1 and <= 64, p => Create(p, 2))];

    private static KernelRow<PoolProblem> Integers(DataType type) => new(
        $"maxpool_{type.Name()}_device", CpuFeatures.None,
        p => p is { Layout: Layout.Planar, HasIndices: false, Planes: > 0 and <= int.MaxValue } && p.Type == type && BytePooling.Fits(1, (int)p.Planes, p.Input, p.Output),
        p => BytePooling.Maximum(type, 1, (int)p.Planes, p.Input, p.Output, p.Window, channelsLast: false));

    private static KernelRow<BytePoolProblem> IntegersLast(DataType type) => new(
        $"bytemaxpool_{type.Name()}_device", CpuFeatures.None, p => p.Type == type && BytePooling.Fits(p.Batch, p.Channels, p.Input, p.Output),
        p => BytePooling.Maximum(type, p.Batch, p.Channels, p.Input, p.Output, p.Window, channelsLast: true));

    private static bool Fits(PoolProblem problem) =>
        problem is { Type: DataType.F32, Layout: Layout.Planar, Planes: > 0 } && problem.Input.Count > 0 && problem.Output.Count > 0
        && problem.Planes * problem.Input.Count <= Words.MostElements && problem.Planes * problem.Output.Count <= Words.MostElements
        && problem.Window.Kernel.Count <= 1 << 16;

    private static DeviceKernel Create(PoolProblem problem, int kind)
    {
        Window window = problem.Window;
        Extent input = problem.Input;
        long count = problem.Planes * problem.Output.Count;
        return DeviceKernel.Of(
            "pool",
            [
                kind, problem.P, Words.Of(problem.CountIncludePad), .. window.Constants(),
            ],
            [Operand.Input(0), Operand.Output()],
            [
                (int)count, .. input.Sizes(), .. problem.Output.Sizes(),
                input.D + window.PadEnd.D, input.H + window.PadEnd.H, input.W + window.PadEnd.W,
            ],
            Groups.For(count, 64));
    }
}
