using Edge.Kernels.Elementwise;

namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Elementwise =>
    [
        .. UnaryFunctions.All.Select(Unary.Entry),
        .. BinaryFunctions.All.Select(Binary.Entry),
    ];
}
