using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Convolution on devices: an implicit product in tiles (Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", 2014,
/// section 3), split along the sum where tiles alone would leave most of the device idle; Winograd's algorithm where it is estimated to
/// be faster; one work item per output where a group has few channels.
/// </summary>
internal static class ConvDevice
{
    /// <summary>Fewest channels per group for which tiles are worth their empty rows.</summary>
    private const int FewestChannels = 8;

    public static readonly KernelRow<ConvProblem>[] Rows =
    [
        // F(4, 3) of rounded weights has errors ten times as large: no row.
        WinogradDevice.Row("conv_f16_device_winograd2x3", 2, DataType.F16),
        Tiled("conv_f16_device_tiles", p => p.ConstantWeights && FitsTiles(p), DataType.F16),
        WinogradDevice.Row("conv_f32_device_winograd4x3", 4, null),
        WinogradDevice.Row("conv_f32_device_winograd2x3", 2, null),
        Tiled("conv_f32_device_tiles", FitsTiles, null),
        new("conv_f32_device_direct", CpuFeatures.None, Fits, Direct),
    ];

    public static readonly KernelRow<ConvTransposeProblem>[] TransposeRows =
    [
        new("convtranspose_f32_device_gather", CpuFeatures.None, Fits, Transpose),
    ];

    /// <summary>Whether a device can count the elements of a convolution.</summary>
    public static bool Fits(ConvProblem problem) =>
        problem is { Type: DataType.F32, IsPlanar: true, IsEmpty: false }
        && problem.Batch * (long)problem.InChannels * problem.Input.Count <= Words.MostElements
        && problem.Batch * (long)problem.OutChannels * problem.Output.Count <= Words.MostElements
        && problem.OutChannels * problem.Taps <= Words.MostElements;

    private static bool FitsTiles(ConvProblem problem) =>
        Fits(problem) && (problem.Groups == 1 || (problem.GroupOutChannels >= FewestChannels && problem.Taps >= FewestChannels));

    private static bool Fits(ConvTransposeProblem problem) =>
        problem is { Type: DataType.F32, IsEmpty: false }
        && problem.Batch * (long)problem.InChannels * problem.Input.Count <= Words.MostElements
        && problem.Batch * (long)problem.OutChannels * problem.Output.Count <= Words.MostElements
        && problem.InChannels * (long)problem.GroupOutChannels * problem.Window.Kernel.Count <= Words.MostElements;

    private static KernelRow<ConvProblem> Tiled(string name, Func<ConvProblem, bool> fits, DataType? weights) =>
        new(name, CpuFeatures.None, fits, p => Tiles(p, DeviceProfile.Default, weights == DataType.F16))
        {
            CreateFor = (p, device) => Tiles(p, device, weights == DataType.F16),
            DeviceCost = (p, device) => Choose(p, device).Time,
            DeviceWeights = weights,
        };

    private static TileChoice Choose(ConvProblem problem, DeviceProfile device) => TileChoice.For(
        problem.GroupOutChannels, checked((int)(problem.Batch * problem.Output.Count)), (int)problem.Taps, problem.Groups, device);

    private static DeviceKernel Tiles(ConvProblem problem, DeviceProfile device, bool isHalf)
    {
        int m = problem.GroupOutChannels;
        int n = checked((int)(problem.Batch * problem.Output.Count));
        int k = (int)problem.Taps;
        TileChoice tile = Choose(problem, device);
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        int[] epilogue = [Words.Of(problem.HasBias), Words.Of(problem.HasResidual), act];
        Operand bias = problem.HasBias ? Operand.Input(2) : Operand.Input(0);
        Operand residual = problem.HasResidual ? Operand.Input(3) : Operand.Input(0);
        long count = (long)m * n * problem.Groups;
        var product = new DeviceDispatch(
            KernelSources.Find(isHalf ? $"conv_{tile.Name}_f16" : $"conv_{tile.Name}"),
            [Words.Of(problem.Window.IsPointwise), tile.Splits, .. epilogue, .. problem.Window.Constants()],
            [Operand.Input(0), isHalf ? Operand.Packed() : Operand.Input(1), bias, residual, tile.Splits > 1 ? Operand.Scratch() : Operand.Output()],
            [
                m, n, k, problem.InChannels, problem.Groups, tile.Chunk, problem.Input.D, problem.Input.H, problem.Input.W,
                (int)problem.Output.Count, problem.Output.H, problem.Output.W, alpha, beta,
            ],
            new Groups(TileChoice.Ceil(n, tile.Size), TileChoice.Ceil(m, tile.Size), problem.Groups * tile.Splits));
        Func<Tensor?[], Tensor[]>? pack = isHalf ? inputs => [HalfWeights.Of(inputs[1]!)] : null;
        if (tile.Splits == 1)
        {
            return new DeviceKernel([product], 0, pack);
        }
        var finish = new DeviceDispatch(
            KernelSources.Find("conv_finish"),
            [tile.Splits, .. epilogue],
            [Operand.Scratch(), bias, residual, Operand.Output()],
            [(int)count, problem.OutChannels, (int)problem.Output.Count, alpha, beta],
            Groups.For(count, 256));
        return new DeviceKernel([product, finish], count * tile.Splits * sizeof(float), pack);
    }

    private static DeviceKernel Direct(ConvProblem problem)
    {
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        long count = problem.Batch * (long)problem.OutChannels * problem.Output.Count;
        return DeviceKernel.Of(
            "conv_direct",
            [Words.Of(problem.HasBias), Words.Of(problem.HasResidual), act, .. problem.Window.Constants()],
            [
                Operand.Input(0), Operand.Input(1), problem.HasBias ? Operand.Input(2) : Operand.Input(0),
                problem.HasResidual ? Operand.Input(3) : Operand.Input(0), Operand.Output(),
            ],
            [
                (int)count, problem.InChannels, problem.GroupInChannels, problem.GroupOutChannels, problem.OutChannels,
                .. problem.Input.Sizes(), .. problem.Output.Sizes(), alpha, beta,
            ],
            Groups.For(count, 64));
    }

    private static DeviceKernel Transpose(ConvTransposeProblem problem)
    {
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        long count = problem.Batch * (long)problem.OutChannels * problem.Output.Count;
        return DeviceKernel.Of(
            "convtranspose",
            [Words.Of(problem.HasBias), act, .. problem.Window.Constants()],
            [Operand.Input(0), Operand.Input(1), problem.HasBias ? Operand.Input(2) : Operand.Input(0), Operand.Output()],
            [
                (int)count, problem.InChannels, problem.GroupInChannels, problem.GroupOutChannels, problem.OutChannels,
                .. problem.Input.Sizes(), .. problem.Output.Sizes(), alpha, beta,
            ],
            Groups.For(count, 64));
    }
}
