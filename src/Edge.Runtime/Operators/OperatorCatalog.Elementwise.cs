using Edge.Kernels.Elementwise;

namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Elementwise =>
    [
        .. UnaryFunctions.All.Select(Unary.Entry),
        .. BinaryFunctions.All.Select(Binary.Entry),
        new(Cast.Name, Cast.Read),
        new(Where.Name, Where.Read),
        new(Identity.Name, Identity.Read),
    ];
}
