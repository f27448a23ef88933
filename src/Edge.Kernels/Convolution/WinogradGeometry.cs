using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// How a convolution is cut for an algorithm F(m, r) along W, or along H and W: the output into tiles of m positions, a long
/// kernel along W into pieces of r taps, a stride along W into phases (the inputs, and the taps, of equal remainder), which then
/// count as further input channels.
/// </summary>
/// <param name="Outputs">m</param>
/// <param name="Taps">r</param>
/// <param name="AxisPoints">Products along one axis.</param>
internal sealed record WinogradGeometry(ConvProblem Problem, int Outputs, int Taps, int AxisPoints)
{
    public static WinogradGeometry Of<TAlgorithm>(ConvProblem problem) where TAlgorithm : struct, IWinograd =>
        new(problem, TAlgorithm.Outputs, TAlgorithm.Taps, TAlgorithm.Points);

    /// <summary>Whether the algorithm is nested along H and W; otherwise rows are independent.</summary>
    public bool IsNested { get; } = Problem.Window.Kernel.H > 1;

    public int Phases => Problem.Window.Stride.W;

    /// <summary>Pieces into which the taps of a phase are cut.</summary>
    public int Pieces => Ceil(Ceil(Problem.Window.Kernel.W, Phases), Taps);

    /// <summary>Products per tile.</summary>
    public int Points => IsNested ? AxisPoints * AxisPoints : AxisPoints;

    /// <summary>Blocks of input channels times phases.</summary>
    public int Planes => Layouts.Blocks(Problem.InChannels) * Phases;

    public int TilesH => IsNested ? Ceil(Problem.Output.H, Outputs) : Problem.Output.H;

    public int TilesW => Ceil(Problem.Output.W, Outputs);

    public int Tiles => checked(TilesH * TilesW);

    /// <summary>Products per output position, input channel and output channel; direct convolution has kernel H * kernel W.</summary>
    public double ProductsPerOutput => (double)Points * Phases * Pieces * Tiles / Problem.Output.Count;

    /// <summary>Whether F(m, r) can compute the convolution, and is not longer than it has to be.</summary>
    public static bool Fits<TAlgorithm>(ConvProblem problem) where TAlgorithm : struct, IWinograd
    {
        int taps = TAlgorithm.Taps;
        Window window = problem.Window;
        bool common = problem.Type == DataType.F32 && problem.Groups == 1 && !problem.IsEmpty
            && problem.InputLayout == Layout.Blocked8 && problem.OutputLayout == Layout.Blocked8
            && window.Dilation.W == 1 && BlockedConv.HasGoodShape(problem);
        if (!common || window.Kernel.W == 1)
        {
            return false;
        }
        if (window.Kernel.H > 1)
        {
            bool size = TAlgorithm.AllowsFewerTaps
                ? Math.Max(window.Kernel.H, window.Kernel.W) > taps / 2 && Math.Max(window.Kernel.H, window.Kernel.W) <= Math.Min(taps, MostNestedTaps)
                : window.Kernel.H == taps && window.Kernel.W == taps;
            return size && window.Stride == Extent.One && window.Dilation == Extent.One;
        }
        // Rows are computed one by one; pieces share transformed inputs where they advance as far as tiles do.
        bool isLong = !TAlgorithm.AllowsFewerTaps || Ceil(window.Kernel.W, window.Stride.W) >= taps / 4;
        bool rows = isLong && window.Stride.H == 1 && window.PadBegin.H == 0 && window.Dilation.H == 1;
        int pieces = Of<TAlgorithm>(problem).Pieces;
        return rows && problem.Output.H == problem.Input.H && (pieces == 1 || (TAlgorithm.Outputs == taps && problem.Output.H == 1));
    }

    /// <summary>Taps along each of two axes beyond which a tile would outgrow the stack.</summary>
    private const int MostNestedTaps = 16;

    private static int Ceil(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);
}
