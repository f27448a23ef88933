using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Gemm;

/// <summary>Makes the kernel of a <see cref="ProductPlan"/>: row by row where rows are few, in register tiles otherwise.</summary>
internal static class Products
{
    /// <summary>Rows up to which filling a register tile up with zeros costs more than reading b again for each row.</summary>
    private const int FewRows = 2;

    public static bool IsRows(int rows) => rows <= FewRows;

    /// <summary>Width of the panels of a for a product of so many rows.</summary>
    public static int RowsPerPanel<TLanes>(int rows) where TLanes : struct, ILanes<TLanes> =>
        IsRows(rows) ? 1 : RegisterTile<TLanes, IdentityEpilogue>.Rows;

    public static Kernel Create<TLanes>(ProductPlan plan, int inputs) where TLanes : struct, ILanes<TLanes> =>
        Epilogues.Visit<Factory<TLanes>, Kernel>(plan.Activation.Kind, new Factory<TLanes>(plan, inputs));

    private readonly struct Factory<TLanes>(ProductPlan plan, int inputs) : IEpilogueVisitor<Kernel>
        where TLanes : struct, ILanes<TLanes>
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue =>
            IsRows(plan.M) ? new RowProductKernel<TLanes, TEpilogue>(plan, inputs) : new PackedProductKernel<TLanes, TEpilogue>(plan, inputs);
    }
}
