using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>Elementwise functions on devices: two kernels, which are built for the code of a function in <c>formulas.kernel</c>.</summary>
internal static class ElementwiseDevice
{
    private const int MostAxes = 6;

    /// <summary>The row of a unary function; none where devices have no formula for it.</summary>
    public static KernelRow<UnaryProblem>[] Unary(string name) => KernelSources.CodeOf(name) is not { } code ? [] :
    [
        new(
            $"{name.ToLowerInvariant()}_f32_device",
            CpuFeatures.None,
            p => p is { Type: DataType.F32, Count: > 0 and <= Words.MostElements },
            p => DeviceKernel.Of("unary", [code], [Operand.Input(0), Operand.Output()], [(int)p.Count, Words.Of(p.Alpha), Words.Of(p.Beta)], Groups.For(p.Count, 256))),
    ];

    /// <summary>The row of a binary function; none where devices have no formula for it.</summary>
    public static KernelRow<BinaryProblem>[] Binary(string name) => KernelSources.CodeOf(name) is not { } code ? [] :
    [
        new($"{name.ToLowerInvariant()}_f32_device", CpuFeatures.None, p => p is { Type: DataType.F32, Layout: Layout.Planar } && Axes(p).Fits(MostAxes), p => Binary(p, code)),
    ];

    /// <summary>The code of an activation, and its parameters as words.</summary>
    public static (int Code, int Alpha, int Beta) Epilogue(Activation activation) => (
        KernelSources.CodeOf(activation.Kind.ToString())!.Value,
        Words.Of(activation.Kind == ActivationKind.Silu ? 1f : activation.Alpha),
        Words.Of(activation.Beta));

    private static DeviceAxes Axes(BinaryProblem problem)
    {
        Shape output = problem.Output;
        return new DeviceAxes(output.Dims, Broadcast.Strides(problem.A, output), Broadcast.Strides(problem.B, output));
    }

    private static DeviceKernel Binary(BinaryProblem problem, int code)
    {
        DeviceAxes axes = Axes(problem);
        (int act, int alpha, int beta) = Epilogue(problem.Activation);
        return DeviceKernel.Of(
            "binary",
            [code, act, axes.Rank],
            [Operand.Input(0), Operand.Input(1), Operand.Output()],
            [(int)axes.Count, alpha, beta, .. axes.InnerDims(MostAxes), .. axes.Steps(0, MostAxes), .. axes.Steps(1, MostAxes)],
            Groups.For(axes.Count, 256));
    }
}
