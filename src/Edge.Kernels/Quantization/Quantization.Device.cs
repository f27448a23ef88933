using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>Operators on 8-bit integers on devices, with the bits that docs/quantization.md fixes. Integers are read and written in words of four.</summary>
internal static class QuantizationDevice
{
    private const int Quad = 4;

    /// <summary>Taps up to which the multipliers of a mean are kept in a table.</summary>
    private const int MostTaps = 1 << 20;

    public static readonly KernelRow<QuantizeProblem>[] Quantize =
    [
        new(
            "quantize_f32_device", CpuFeatures.None, p => p is { From: DataType.F32, To: DataType.S8 or DataType.U8, Grid.IsPerTensor: true } && FitsCount(p.Grid.Count), CreateQuantize),
    ];

    public static readonly KernelRow<DequantizeProblem>[] Dequantize =
    [
        new("dequantize_int_device", CpuFeatures.None, p => p.From is (DataType.S8 or DataType.U8) && FitsCount(p.Grid.Count), CreateDequantize),
    ];

    public static readonly KernelRow<QuantAddProblem>[] Add = [new("quantadd_s8_device", CpuFeatures.None, p => p.IsBytes && FitsCount(p.Count), CreateAdd)];

    public static readonly KernelRow<QuantTableProblem>[] Table = [new("quanttable_s8_device", CpuFeatures.None, p => p.IsBytes && FitsCount(p.Count), CreateTable)];

    public static readonly KernelRow<QuantSoftmaxProblem>[] Softmax =
    [
        new(
            "quantsoftmax_s8_device", CpuFeatures.None, p => p.XType == DataType.S8 && p.Size > 0 && FitsCount(p.Outer * p.Inner * p.Size),
            p => DeviceKernel.Of(
                "quantsoftmax", [], [Operand.Input(0), Operand.Input(1), Operand.Output()], [(int)(p.Outer * p.Inner), p.Size, (int)p.Inner], Groups.For(p.Outer * p.Inner, 64))),
    ];

    public static readonly KernelRow<QuantAveragePoolProblem>[] AveragePool =
    [
        new("quantaveragepool_s8_device", CpuFeatures.None, p => p.IsBytes && p.Layout != Layout.Blocked8 && BytePooling.Fits(p.Batch, p.Channels, p.Input, p.Output) && p.Window.Kernel.Count < MostTaps, Average),
    ];

    private static bool FitsCount(long count) => count is > 0 and <= Words.MostElements;

    private static int Quads(long count) => (int)((count + Quad - 1) / Quad);

    private static DeviceKernel CreateQuantize(QuantizeProblem problem)
    {
        (int low, int high) = Affine.Range(problem.To);
        return DeviceKernel.Of(
            "quantize",
            [Words.Of(problem.To == DataType.S8), Words.Of(problem.HasZeroPoint)],
            [Operand.Input(0), Operand.Input(1), problem.HasZeroPoint ? Operand.Input(2) : Operand.Input(1), Operand.Output()],
            [(int)problem.Grid.Count, low, high],
            Groups.For(Quads(problem.Grid.Count), 256));
    }

    private static DeviceKernel CreateDequantize(DequantizeProblem problem)
    {
        ScaleGrid grid = problem.Grid;
        return DeviceKernel.Of(
            "dequantize",
            [Words.Of(problem.From == DataType.S8), Words.Of(problem.HasZeroPoint)],
            [Operand.Input(0), Operand.Input(1), problem.HasZeroPoint ? Operand.Input(2) : Operand.Input(0), Operand.Output()],
            [(int)grid.Count, grid.Axis, (int)grid.Inner, grid.Block, (int)grid.OuterStride, (int)grid.BlockStride, (int)grid.InnerStride],
            Groups.For(grid.Count, 256));
    }

    private static DeviceKernel CreateAdd(QuantAddProblem problem) => DeviceKernel.Of(
        "quantadd",
        [],
        [Operand.Input(0), Operand.Input(1), Operand.Output()],
        [Quads(problem.Count), problem.AMultiplier, problem.BMultiplier, problem.Offset, problem.Shift, problem.Low, problem.High],
        Groups.For(Quads(problem.Count), 256));

    private static DeviceKernel CreateTable(QuantTableProblem problem) => DeviceKernel.Of(
        "quanttable", [], [Operand.Input(0), Operand.Input(1), Operand.Output()], [Quads(problem.Count)], Groups.For(Quads(problem.Count), 256));

    private static DeviceKernel Average(QuantAveragePoolProblem problem)
    {
        // By the number of taps that a window has on the input; none at all gives the zero point.
        int[] multipliers = [0, .. Enumerable.Range(1, (int)problem.Window.Kernel.Count).Select(n => Rescaling.Multiplier((double)problem.Ratio / n))];
        DeviceDispatch dispatch = BytePooling.Dispatch(
            [1, Words.Of(problem.CountIncludePad), Words.Of(problem.Layout == Layout.ChannelsLast)],
            problem.Batch, problem.Channels, problem.Input, problem.Output, problem.Window,
            [problem.XZero, problem.YZero, problem.Low, problem.High], Operand.Packed());
        return new DeviceKernel([dispatch], 0, _ => [Tensor.From(new Shape(multipliers.Length), multipliers)]);
    }
}
