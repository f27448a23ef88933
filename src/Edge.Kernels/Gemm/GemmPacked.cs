using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>Makes the packed rows of <see cref="GemmKernels"/>: a constant b is packed once, a and other b per block.</summary>
internal static class GemmPacked
{
    public static bool Fits(GemmProblem problem) => problem.Type == DataType.F32;

    public static Kernel Create<TLanes>(GemmProblem problem) where TLanes : struct, ILanes<TLanes>
    {
        const int Rows = RegisterTile<TLanes, IdentityEpilogue>.Rows;
        int columns = RegisterTile<TLanes, IdentityEpilogue>.Columns;
        var plan = new ProductPlan(
            problem.Batch, problem.M, problem.N, problem.K,
            new StridedPanels(Rows, 0, problem.AOffsets, problem.M, problem.K, problem.AStrides.Row, problem.AStrides.Column),
            new StridedPanels(columns, 1, problem.BOffsets, problem.N, problem.K, problem.BStrides.Column, problem.BStrides.Row, problem.Alpha),
            problem.Addend is null ? -1 : 2, problem.Addend ?? default, problem.Beta, 1, 0, -1, problem.Activation);
        return Epilogues.Visit<Factory<TLanes>, Kernel>(problem.Activation.Kind, new Factory<TLanes>(plan, problem.Addend is null ? 2 : 3));
    }

    private readonly struct Factory<TLanes>(ProductPlan plan, int inputs) : IEpilogueVisitor<Kernel>
        where TLanes : struct, ILanes<TLanes>
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new PackedProductKernel<TLanes, TEpilogue>(plan, inputs);
    }
}
