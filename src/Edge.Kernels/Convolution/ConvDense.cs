using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// A window that covers the whole input has one output: a fully connected layer, as in squeeze-and-excitation. Output channels
/// are the vector dimension.
/// </summary>
internal static class ConvDense
{
    public static bool Fits(ConvProblem problem) =>
        ConvProduct.Fits(problem) && problem.Output == Extent.One && problem.Window.Kernel == problem.Input
        && problem.Window.PadBegin == Extent.Zero && problem.Window.PadEnd == Extent.Zero;

    public static Kernel Create<TLanes>(ConvProblem problem) where TLanes : struct, ILanes<TLanes>
    {
        int taps = (int)problem.Taps;
        int channels = problem.GroupOutChannels;
        // One group: the images are the rows of one product. More: a product of one row for each image and group.
        int rows = problem.Groups == 1 ? problem.Batch : 1;
        int batch = problem.Groups == 1 ? 1 : problem.Batch * problem.Groups;
        long[] images = [.. Enumerable.Range(0, batch).Select(z => (long)z * taps)];
        long[] groups = [.. Enumerable.Range(0, problem.Groups).Select(g => (long)g * channels * taps)];
        var plan = new ProductPlan(
            batch, rows, channels, taps,
            new StridedPanels(Products.RowsPerPanel<TLanes>(rows), 0, images, rows, taps, taps, 1),
            new StridedPanels(RegisterTile<TLanes, IdentityEpilogue>.Columns, 1, groups, channels, taps, taps, 1),
            problem.HasBias ? 2 : -1, new GemmAddend(0, 1), 1, problem.Groups, channels, problem.HasResidual ? 3 : -1, problem.Activation);
        return ConvProduct.Kernel<TLanes>(problem, plan);
    }
}
