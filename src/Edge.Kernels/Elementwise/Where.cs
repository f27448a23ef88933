using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>output = condition ? a : b, element by element, with NumPy broadcasting of the three shapes.</summary>
/// <param name="ElementBytes">1, 2, 4 or 8: elements are moved, not read.</param>
public sealed record WhereProblem(int ElementBytes, Shape Condition, Shape A, Shape B)
{
    public Shape Output =>
        Broadcast.TryCombine(A, B) is { } values && Broadcast.TryCombine(Condition, values) is { } all
            ? all
            : throw new ArgumentException($"{Condition}, {A} and {B} do not broadcast");
}

/// <summary>Choice between two tensors by a third.</summary>
public static class WhereKernels
{
    public static readonly KernelTable<WhereProblem> Table = new(
        "where",
        [
            new("where_x32_v128", CpuFeatures.Simd128, p => p.ElementBytes == 4, p => new WhereRows(p)),
            new("where_any_ref", CpuFeatures.None, _ => true, Reference),
        ]);

    private static Kernel Reference(WhereProblem problem) => problem.ElementBytes switch
    {
        1 => new WhereReference<byte>(problem),
        2 => new WhereReference<ushort>(problem),
        4 => new WhereReference<uint>(problem),
        _ => new WhereReference<ulong>(problem),
    };
}
