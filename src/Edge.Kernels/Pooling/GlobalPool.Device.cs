using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Pooling of whole planes on devices: reductions of rows.</summary>
internal static class GlobalPoolDevice
{
    public static readonly KernelRow<GlobalPoolProblem>[] Average = [new("globalaveragepool_f32_device", CpuFeatures.None, Fits, p => Create(p, "Mean"))];

    public static readonly KernelRow<GlobalPoolProblem>[] Max = [new("globalmaxpool_f32_device", CpuFeatures.None, Fits, p => Create(p, "Max"))];

    public static readonly KernelRow<GlobalPoolProblem>[] Norm =
    [
        new("globallppool_f32_device", CpuFeatures.None, p => Fits(p) && p.P is (1 or 2), p => Create(p, p.P == 1 ? "L1" : "L2")),
    ];

    private static bool Fits(GlobalPoolProblem problem) =>
        problem is { Type: DataType.F32, Layout: Layout.Planar, Planes: > 0 and <= int.MaxValue, Positions: > 0 and <= int.MaxValue } && ReduceDevice.Fits(Rows(problem), [1]);

    private static DeviceKernel Create(GlobalPoolProblem problem, string name) => ReduceDevice.Create(Rows(problem), [1], name);

    private static Shape Rows(GlobalPoolProblem problem) => new((int)problem.Planes, (int)problem.Positions);
}
