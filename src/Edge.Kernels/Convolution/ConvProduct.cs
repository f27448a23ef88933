using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Convolution as a matrix product for each image and group: weights (M/G, C/G * taps) times the taps of the input
/// (C/G * taps, outputs). Weights are packed once where they are constant; taps are gathered block by block into working
/// memory of fixed size. A pointwise convolution reads the input as it is.
/// </summary>
internal static class ConvProduct
{
    public static bool Fits(ConvProblem problem) =>
        problem.Type == DataType.F32 && problem.IsPlanar && !problem.IsEmpty && problem.Output.Count <= int.MaxValue && problem.Taps <= int.MaxValue;

    public static Kernel Create<TLanes>(ConvProblem problem) where TLanes : struct, ILanes<TLanes>
    {
        int rows = problem.GroupOutChannels;
        int taps = (int)problem.Taps;
        long[] groups = [.. Enumerable.Range(0, problem.Groups).Select(g => (long)g * rows * taps)];
        var plan = new ProductPlan(
            problem.Batch * problem.Groups, rows, (int)problem.Output.Count, taps,
            new StridedPanels(Products.RowsPerPanel<TLanes>(rows), 1, groups, rows, taps, taps, 1),
            InputPanels(problem, RegisterTile<TLanes, IdentityEpilogue>.Columns),
            problem.HasBias ? 2 : -1, new GemmAddend(1, 0), 1, problem.Groups, rows, problem.HasResidual ? 3 : -1, problem.Activation);
        return Kernel<TLanes>(problem, plan);
    }

    /// <summary>The kernel for a plan that reads the inputs of <paramref name="problem"/>.</summary>
    public static Kernel Kernel<TLanes>(ConvProblem problem, ProductPlan plan) where TLanes : struct, ILanes<TLanes> =>
        Products.Create<TLanes>(plan, problem.HasResidual ? 4 : problem.HasBias ? 3 : 2);

    private static PanelSource InputPanels(ConvProblem problem, int width)
    {
        Window window = problem.Window;
        if (window.IsPointwise)
        {
            long plane = problem.Input.Count;
            long[] offsets = [.. Enumerable.Range(0, problem.Batch * problem.Groups).Select(z => z * problem.GroupInChannels * plane)];
            return new StridedPanels(width, 0, offsets, (int)plane, problem.GroupInChannels, 1, plane);
        }
        return new TapPanels(width, new TapGrid(
            problem.Input, problem.Output, window.Stride, Offsets(window, 0), Offsets(window, 1), Offsets(window, 2), problem.GroupInChannels));
    }

    private static int[] Offsets(Window window, int axis) =>
        [.. Enumerable.Range(0, window.Kernel[axis]).Select(k => (k * window.Dilation[axis]) - window.PadBegin[axis])];
}
