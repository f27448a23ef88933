using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>Normalizations on devices.</summary>
internal static class NormalizationDevice
{
    public static readonly KernelRow<SoftmaxProblem>[] Softmax =
    [
        new(
            "softmax_f32_device",
            CpuFeatures.None,
            p => p.Lines is { Type: DataType.F32, Length: > 0, Outer: > 0, Inner: > 0 } && p.Lines.Outer * p.Lines.Inner * p.Lines.Length <= Words.MostElements,
            p => DeviceKernel.Of(
                "softmax",
                [Words.Of(p.Logarithm)],
                [Operand.Input(0), Operand.Output()],
                [(int)(p.Lines.Outer * p.Lines.Inner), p.Lines.Length, (int)p.Lines.Inner],
                Groups.For(p.Lines.Outer * p.Lines.Inner, 1))),
    ];

    public static readonly KernelRow<BatchNormProblem>[] BatchNorm =
    [
        new(
            "batchnorm_f32_device",
            CpuFeatures.None,
            p => p is { Type: DataType.F32, Training: false, Layout: Layout.Planar } && p.Batch * p.Channels * p.Spatial is > 0 and <= Words.MostElements,
            CreateBatchNorm),
    ];

    public static readonly KernelRow<RowNormProblem>[] RowNorm =
    [
        new(
            "rownorm_f32_device",
            CpuFeatures.None,
            p => p is { Type: DataType.F32, Outputs: 1 } && p.Rows * p.Length is > 0 and <= Words.MostElements,
            CreateRowNorm),
    ];

    public static readonly KernelRow<LocalResponseNormProblem>[] LocalResponseNorm =
    [
        new(
            "lrn_f32_device",
            CpuFeatures.None,
            p => p is { Type: DataType.F32, Layout: Layout.Planar } && p.Batch * p.Channels * p.Spatial is > 0 and <= Words.MostElements,
            CreateResponseNorm),
    ];

    private static DeviceKernel CreateBatchNorm(BatchNormProblem problem)
    {
        long count = problem.Batch * problem.Channels * problem.Spatial;
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        return DeviceKernel.Of(
            "batchnorm",
            [act],
            [Operand.Input(0), Operand.Input(1), Operand.Input(2), Operand.Input(3), Operand.Input(4), Operand.Output()],
            [(int)count, problem.Channels, (int)problem.Spatial, Words.Of(problem.Epsilon), alpha, beta],
            Groups.For(count, 256));
    }

    private static DeviceKernel CreateRowNorm(RowNormProblem problem)
    {
        bool scaled = problem.Scale != RowScale.None;
        return DeviceKernel.Of(
            "rownorm",
            [Words.Of(problem.Centered), (int)problem.Scale, Words.Of(problem.HasBias)],
            [Operand.Input(0), scaled ? Operand.Input(1) : Operand.Input(0), problem.HasBias ? Operand.Input(2) : Operand.Input(0), Operand.Output()],
            [(int)problem.Rows, problem.Length, Math.Max(1, problem.Run), Math.Max(1, problem.Scales), Words.Of(problem.Epsilon)],
            Groups.For(problem.Rows, 1));
    }

    private static DeviceKernel CreateResponseNorm(LocalResponseNormProblem problem)
    {
        long count = problem.Batch * problem.Channels * problem.Spatial;
        return DeviceKernel.Of(
            "lrn",
            [],
            [Operand.Input(0), Operand.Output()],
            [
                (int)count, problem.Channels, (int)problem.Spatial, Math.Min(problem.Channels, (problem.Size - 1) / 2), Math.Min(problem.Channels, problem.Size / 2),
                Words.Of(problem.Alpha / problem.Size), Words.Of(problem.Bias), Words.Of(problem.Beta),
            ],
            Groups.For(count, 64));
    }
}
