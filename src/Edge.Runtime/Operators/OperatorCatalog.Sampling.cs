namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Sampling =>
    [
        new(Resize.Name, Resize.Read),
        new(GridSample.Name, GridSample.Read),
        new(AffineGrid.Name, AffineGrid.Read),
        new(RoiAlign.Name, RoiAlign.Read),
        new(NonMaxSuppression.Name, NonMaxSuppression.Read),
        new(Recurrent.Name, Recurrent.Read),
    ];
}
