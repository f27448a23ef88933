using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>Converts <paramref name="Count"/> elements from one type to another.</summary>
public sealed record CastProblem(DataType From, DataType To, long Count);

/// <summary>
/// Conversion of element types. Float to integer truncates towards zero and saturates at the limits of the type, NaN gives
/// 0; integer to a narrower integer wraps; to a narrower float rounds to nearest even; to bool asks for != 0 (NaN is true);
/// bool gives 0 or 1.
/// </summary>
public static class CastKernels
{
    public static readonly KernelTable<CastProblem> Table = new(
        "cast",
        [
            new("cast_any_ref", CpuFeatures.None, p => p.From != DataType.Unknown && p.To != DataType.Unknown, CastMaker.Make),
        ]);
}
