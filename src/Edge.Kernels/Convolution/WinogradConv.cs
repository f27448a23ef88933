using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>Makes the rows of <see cref="ConvKernels"/> that trade multiplications for additions.</summary>
internal static class WinogradConv
{
    public static bool Fits<TAlgorithm>(ConvProblem problem) where TAlgorithm : struct, IWinograd =>
        WinogradGeometry.Fits<TAlgorithm>(problem);

    /// <summary>What F(6, 3) has to gain over F(4, 3), which keeps twice the accuracy.</summary>
    private const double PriceOfDigits = 1.2;

    /// <summary>What a Fourier transform has to gain over the others, whose weights take less memory.</summary>
    private const double PriceOfMemory = 1.15;

    /// <summary>Estimated time: the products with their weights, and the transforms as vectors that are loaded and stored.</summary>
    public static double Cost<TTile, TAlgorithm>(ConvProblem problem, CostModel model)
        where TTile : struct, IPixelTile
        where TAlgorithm : struct, IWinograd
    {
        var geometry = WinogradGeometry.Of<TAlgorithm>(problem);
        double outChannels = (double)BlockedConv.RoundUp(problem.OutChannels, TTile.Channels);
        double depth = (double)problem.InChannels * geometry.Phases * geometry.Pieces;
        double tiles = BlockedConv.RoundUp(geometry.Tiles, 2);
        double products = geometry.Points * tiles * depth * outChannels;
        double passes = TAlgorithm.Passes * (geometry.IsNested ? 2 : 1);
        double vectors = geometry.Tiles * passes * geometry.Points * ((2.0 * geometry.Planes) + (1.7 * Layouts.Blocks(problem.OutChannels)));
        double time = model.Time(products, geometry.Points * depth * outChannels * sizeof(float)) + (vectors / model.VectorOperations);
        return problem.Batch * time * (TAlgorithm.Outputs == 6 ? PriceOfDigits : TAlgorithm.AllowsFewerTaps ? PriceOfMemory : 1);
    }

    public static Kernel Create<TTile, TLanes, TAlgorithm>(ConvProblem problem)
        where TTile : struct, IPixelTile
        where TLanes : struct, ILanes<TLanes>
        where TAlgorithm : struct, IWinograd =>
        Epilogues.Visit<Factory<TTile, TLanes, TAlgorithm>, Kernel>(problem.Activation.Kind, new Factory<TTile, TLanes, TAlgorithm>(problem));

    private readonly struct Factory<TTile, TLanes, TAlgorithm>(ConvProblem problem) : IEpilogueVisitor<Kernel>
        where TTile : struct, IPixelTile
        where TLanes : struct, ILanes<TLanes>
        where TAlgorithm : struct, IWinograd
    {
        public Kernel Visit<TEpilogue>() where TEpilogue : struct, IEpilogue => new WinogradConv<TTile, TLanes, TAlgorithm, TEpilogue>(problem);
    }
}
