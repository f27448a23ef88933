using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>Makes the packed rows of <see cref="GemmKernels"/>: a constant b is packed once, a and other b per block.</summary>
internal static class GemmPacked
{
    public static bool Fits(GemmProblem problem) => problem.Type == DataType.F32;

    /// <summary>Few rows: matrix times vector.</summary>
    public static bool IsRows(GemmProblem problem) => Fits(problem) && Products.IsRows(problem.M);

    public static Kernel Create<TLanes>(GemmProblem problem) where TLanes : struct, ILanes<TLanes>
    {
        int rows = Products.RowsPerPanel<TLanes>(problem.M);
        int columns = RegisterTile<TLanes, IdentityEpilogue>.Columns;
        var plan = new ProductPlan(
            problem.Batch, problem.M, problem.N, problem.K,
            new StridedPanels(rows, 0, problem.AOffsets, problem.M, problem.K, problem.AStrides.Row, problem.AStrides.Column),
            new StridedPanels(columns, 1, problem.BOffsets, problem.N, problem.K, problem.BStrides.Column, problem.BStrides.Row, problem.Alpha),
            problem.Addend is null ? -1 : 2, problem.Addend ?? default, problem.Beta, 1, 0, -1, problem.Activation);
        return Products.Create<TLanes>(plan, problem.Addend is null ? 2 : 3);
    }
}
