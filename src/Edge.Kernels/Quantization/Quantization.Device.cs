using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>Operators on 8-bit and 16-bit integers on devices, with the bits that docs/quantization.md fixes. Integers are read and written in words of four or two.</summary>
internal static class QuantizationDevice
{
    private const int Quad = 4;

    /// <summary>Taps up to which the multipliers of a mean are kept in a table.</summary>
    private const int MostTaps = 1 << 20;

    public static readonly KernelRow<QuantizeProblem>[] Quantize =
    [
        new(
            "quantize_f32_device", CpuFeatures.None, p => p is { From: DataType.F32, To: DataType.S8 or DataType.U8 or DataType.S16, Grid.IsPerTensor: true } && FitsCount(p.Grid.Count), CreateQuantize),
    ];

    public static readonly KernelRow<DequantizeProblem>[] Dequantize =
    [
        new("dequantize_int_device", CpuFeatures.None, p => p.From is (DataType.S8 or DataType.U8 or DataType.S16) && FitsCount(p.Grid.Count), CreateDequantize),
    ];

    public static readonly KernelRow<QuantAddProblem>[] Add = [new("quantadd_int_device", CpuFeatures.None, p => FitsCount(p.Count), CreateAdd)];

    public static readonly KernelRow<QuantTableProblem>[] Table = [new("quanttable_int_device", CpuFeatures.None, p => FitsCount(p.Count), CreateTable)];

    public static readonly KernelRow<QuantSoftmaxProblem>[] Softmax =
    [
        new(
            "quantsoftmax_int_device", CpuFeatures.None, p => p.Size > 0 && FitsCount(p.Outer * p.Inner * p.Size),
            p => DeviceKernel.Of(
                $"quantsoftmax_{p.XType.Name()}", [], [Operand.Input(0), Operand.Input(1), Operand.Output()], [(int)(p.Outer * p.Inner), p.Size, (int)p.Inner], Groups.For(p.Outer * p.Inner, 64))),
    ];

    public static readonly KernelRow<QuantAveragePoolProblem>[] AveragePool =
    [
        new("quantaveragepool_int_device", CpuFeatures.None, p => p.Layout != Layout.Blocked8 && BytePooling.Fits(p.Batch, p.Channels, p.Input, p.Output) && p.Window.Kernel.Count < MostTaps, Average),
    ];

    private static bool FitsCount(long count) => count is > 0 and <= Words.MostElements;

    private static int Quads(long count) => (int)((count + Quad - 1) / Quad);

    private static DeviceKernel CreateQuantize(QuantizeProblem problem)
    {
        (int low, int high) = Affine.Range(problem.To);
        return DeviceKernel.Of(
            "quantize",
            [Words.Of(problem.To == DataType.S8), Words.Of(problem.HasZeroPoint), Words.IsWide(problem.To)],
            [Operand.Input(0), Operand.Input(1), problem.HasZeroPoint ? Operand.Input(2) : Operand.Input(1), Operand.Output()],
            [(int)problem.Grid.Count, low, high],
            Groups.For(Quads(problem.Grid.Count), 256));
    }

    private static DeviceKernel CreateDequantize(DequantizeProblem problem)
    {
        ScaleGrid grid = problem.Grid;
        return DeviceKernel.Of(
            "dequantize",
            [Words.Of(problem.From == DataType.S8), Words.Of(problem.HasZeroPoint), Words.IsWide(problem.From)],
            [Operand.Input(0), Operand.Input(1), problem.HasZeroPoint ? Operand.Input(2) : Operand.Input(0), Operand.Output()],
            [(int)grid.Count, grid.Axis, (int)grid.Inner, grid.Block, (int)grid.OuterStride, (int)grid.BlockStride, (int)grid.InnerStride],
            Groups.For(grid.Count, 256));
    }

    private static DeviceKernel CreateAdd(QuantAddProblem problem) => DeviceKernel.Of(
        "quantadd",
        [Words.IsWide(problem.AType), Words.IsWide(problem.BType), Words.IsWide(problem.YType)],
        [Operand.Input(0), Operand.Input(1), Operand.Output()],
        [(int)problem.Count, problem.AMultiplier, problem.BMultiplier, problem.Offset, problem.Shift, problem.Low, problem.High],
        Groups.For(Quads(problem.Count), 256));

    private static DeviceKernel CreateTable(QuantTableProblem problem) => DeviceKernel.Of(
        problem.XType == DataType.S16 ? "quanttable_words" : "quanttable_bytes",
        [Words.IsWide(problem.YType)],
        [Operand.Input(0), Operand.Input(1), Operand.Output()],
        [(int)problem.Count, problem.ExtraBits, problem.Low, problem.High],
        Groups.For(Quads(problem.Count), 256));

    private static DeviceKernel Average(QuantAveragePoolProblem problem)
    {
        // By the number of taps that a window has on the input; none at all gives the zero point.
        int[] multipliers = [0, .. Enumerable.Range(1, (int)problem.Window.Kernel.Count).Select(n => Rescaling.Multiplier((double)problem.Ratio / n))];
        DeviceDispatch dispatch = BytePooling.Dispatch(
            problem.XType,
            [1, Words.Of(problem.CountIncludePad), Words.Of(problem.Layout == Layout.ChannelsLast), Words.IsWide(problem.YType)],
            problem.Batch, problem.Channels, problem.Input, problem.Output, problem.Window,
            [problem.XZero, problem.YZero, problem.Low, problem.High], Operand.Packed());
        return new DeviceKernel([dispatch], 0, _ => [Tensor.From(new Shape(multipliers.Length), multipliers)]);
    }
}
