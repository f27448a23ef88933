namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Sampling =>
    [
        new(Resize.Name, Resize.Read),
    ];
}
