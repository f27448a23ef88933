using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Convolution on devices: an implicit product in tiles (Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", 2014,
/// section 3), split along the sum where tiles alone would leave most of the device idle; one work item per output where a group has
/// few channels.
/// </summary>
internal static class ConvDevice
{
    /// <summary>Fewest channels per group for which tiles are worth their empty rows.</summary>
    private const int FewestChannels = 8;

    public static readonly KernelRow<ConvProblem>[] Rows =
    [
        new("conv_f32_device_tiles", CpuFeatures.None, FitsTiles, p => Tiles(p, DeviceProfile.Default)) { CreateFor = Tiles },
        new("conv_f32_device_direct", CpuFeatures.None, Fits, Direct),
    ];

    public static readonly KernelRow<ConvTransposeProblem>[] TransposeRows =
    [
        new("convtranspose_f32_device_gather", CpuFeatures.None, Fits, Transpose),
    ];

    private static bool Fits(ConvProblem problem) =>
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

    private static DeviceKernel Tiles(ConvProblem problem, DeviceProfile device)
    {
        int m = problem.GroupOutChannels;
        int n = checked((int)(problem.Batch * problem.Output.Count));
        int k = (int)problem.Taps;
        TileChoice tile = TileChoice.For(m, n, k, problem.Groups, device);
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        int[] epilogue = [Words.Of(problem.HasBias), Words.Of(problem.HasResidual), act];
        Operand bias = problem.HasBias ? Operand.Input(2) : Operand.Input(0);
        Operand residual = problem.HasResidual ? Operand.Input(3) : Operand.Input(0);
        long count = (long)m * n * problem.Groups;
        var product = new DeviceDispatch(
            KernelSources.Find($"conv_{tile.Name}"),
            [Words.Of(problem.Window.IsPointwise), tile.Splits, .. epilogue, .. problem.Window.Constants()],
            [Operand.Input(0), Operand.Input(1), bias, residual, tile.Splits > 1 ? Operand.Scratch : Operand.Output()],
            [
                m, n, k, problem.InChannels, problem.Groups, tile.Chunk, problem.Input.D, problem.Input.H, problem.Input.W,
                (int)problem.Output.Count, problem.Output.H, problem.Output.W, alpha, beta,
            ],
            new Groups(TileChoice.Ceil(n, tile.Size), TileChoice.Ceil(m, tile.Size), problem.Groups * tile.Splits));
        if (tile.Splits == 1)
        {
            return new DeviceKernel([product]);
        }
        var finish = new DeviceDispatch(
            KernelSources.Find("conv_finish"),
            [tile.Splits, .. epilogue],
            [Operand.Scratch, bias, residual, Operand.Output()],
            [(int)count, problem.OutChannels, (int)problem.Output.Count, alpha, beta],
            Groups.For(count, 256));
        return new DeviceKernel([product, finish], count * tile.Splits * sizeof(float));
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
