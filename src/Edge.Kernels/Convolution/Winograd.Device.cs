using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Winograd's F(m x m, 3 x 3) on devices (see <see cref="IWinograd"/>): a kernel that transforms the input, one product per point of
/// the tile, a kernel that transforms back. What lies between them is scratch: the products first, then the transformed input.
/// </summary>
internal static class WinogradDevice
{
    private const int Taps = 3;

    /// <param name="size">m: 2 or 4.</param>
    /// <param name="weights">F16 for weights that are kept so, after they were transformed; null for float32.</param>
    public static KernelRow<ConvProblem> Row(string name, int size, DataType? weights) =>
        new(name, CpuFeatures.None, p => Fits(p, size), p => Create(p, DeviceProfile.Default, size, weights == DataType.F16))
        {
            CreateFor = (p, device) => Create(p, device, size, weights == DataType.F16),
            DeviceCost = (p, device) => Cost(p, device, new Geometry(p, size)),
            DeviceWeights = weights,
            ExpandsWeights = true,
        };

    private static bool Fits(ConvProblem problem, int size)
    {
        Window window = problem.Window;
        if (problem is not { ConstantWeights: true, Groups: 1 } || !ConvDevice.Fits(problem) || problem.Input.D != 1 || problem.Output.D != 1
            || window.Kernel != new Extent(1, Taps, Taps) || window.Stride.Count != 1 || window.Dilation.Count != 1 || window.PadBegin.D != 0)
        {
            return false;
        }
        var geometry = new Geometry(problem, size);
        return geometry.InputFloats + geometry.ProductFloats <= Words.MostElements && (long)geometry.Points * problem.OutChannels * problem.InChannels <= Words.MostElements;
    }

    private static double Cost(ConvProblem problem, DeviceProfile device, Geometry geometry) =>
        // Scratch is one stretch of the arena, and a kernel is given all of it.
        (geometry.InputFloats + geometry.ProductFloats) * sizeof(float) > device.MaxBufferBytes ? double.PositiveInfinity
            : Choose(problem, device, geometry).Time + ((geometry.InputFloats + geometry.ProductFloats) * device.Traffic) + (2 * device.Launch);

    private static TileChoice Choose(ConvProblem problem, DeviceProfile device, Geometry geometry) =>
        TileChoice.For(problem.OutChannels, geometry.Tiles, problem.InChannels, geometry.Points, device, splits: false);

    private static DeviceKernel Create(ConvProblem problem, DeviceProfile device, int size, bool isHalf)
    {
        var geometry = new Geometry(problem, size);
        string variant = size == 2 ? "two" : "four";
        Operand products = Operand.Scratch();
        Operand transformed = Operand.Scratch(geometry.ProductFloats * sizeof(float));
        int[] tiles = [geometry.Rows, geometry.Columns];
        int inputs = problem.InChannels * geometry.Tiles;
        int outputs = problem.OutChannels * geometry.Tiles;
        var before = new DeviceDispatch(
            KernelSources.Find($"winograd_in_{variant}"),
            [problem.Window.PadBegin.H, problem.Window.PadBegin.W],
            [Operand.Input(0), transformed],
            [inputs, geometry.Tiles, problem.InChannels, problem.Input.H, problem.Input.W, .. tiles],
            Groups.For(inputs, 64));
        long[] batches = [.. Enumerable.Range(0, geometry.Points).Select(p => (long)p)];
        var product = new GemmProblem(
            DataType.F32, problem.OutChannels, geometry.Tiles, problem.InChannels, true, false, 1, 1,
            [.. batches.Select(p => p * problem.OutChannels * problem.InChannels)], [.. batches.Select(p => p * inputs)], null, Activation.None);
        DeviceDispatch multiply = GemmDevice.Tiles(product, Choose(problem, device, geometry), isHalf ? "_f16a" : "", [Operand.Packed(), transformed, Operand.Packed(), Operand.Packed(1), products]);
        (int act, int alpha, int beta) = ElementwiseDevice.Epilogue(problem.Activation);
        var after = new DeviceDispatch(
            KernelSources.Find($"winograd_out_{variant}"),
            [Words.Of(problem.HasBias), Words.Of(problem.HasResidual), act],
            [products, problem.HasBias ? Operand.Input(2) : products, problem.HasResidual ? Operand.Input(3) : products, Operand.Output()],
            [outputs, geometry.Tiles, problem.OutChannels, problem.Output.H, problem.Output.W, .. tiles, alpha, beta],
            Groups.For(outputs, 64));
        return new DeviceKernel(
            [before, multiply, after],
            (geometry.ProductFloats + geometry.InputFloats) * sizeof(float),
            constants =>
            {
                Tensor weights = Transform(problem, size, constants[1]!);
                return [isHalf ? HalfWeights.Of(weights) : weights, GemmDevice.Offsets(product)];
            });
    }

    /// <summary>G g G' of every kernel g, computed in double precision: (points, input channels, output channels).</summary>
    /// <param name="weights">(output channels, input channels, 3, 3)</param>
    private static Tensor Transform(ConvProblem problem, int size, Tensor weights)
    {
        double[,] g = size == 2 ? Winograd2x3.Kernel : Winograd4x3.Kernel;
        int points = g.GetLength(0);
        int channels = problem.InChannels;
        int outputs = problem.OutChannels;
        Tensor result = Tensor.Allocate(DataType.F32, new Shape(points * points, channels, outputs));
        Parallel.For(0, outputs, m =>
        {
            ReadOnlySpan<float> source = weights.Span<float>();
            Span<float> target = result.Span<float>();
            Span<double> rows = stackalloc double[points * Taps];
            for (int c = 0; c < channels; c++)
            {
                ReadOnlySpan<float> kernel = source.Slice(((m * channels) + c) * Taps * Taps, Taps * Taps);
                for (int r = 0; r < points; r++)
                {
                    for (int s = 0; s < Taps; s++)
                    {
                        rows[(r * Taps) + s] = (g[r, 0] * kernel[s]) + (g[r, 1] * kernel[Taps + s]) + (g[r, 2] * kernel[(2 * Taps) + s]);
                    }
                }
                for (int p = 0; p < points * points; p++)
                {
                    Span<double> row = rows.Slice(p / points * Taps, Taps);
                    int column = p % points;
                    target[(((p * channels) + c) * outputs) + m] = (float)((row[0] * g[column, 0]) + (row[1] * g[column, 1]) + (row[2] * g[column, 2]));
                }
            }
        });
        return result;
    }

    /// <summary>The tiles of a problem: m x m outputs each, over all images.</summary>
    private readonly record struct Geometry(ConvProblem Problem, int Size)
    {
        public int Points => (Size + Taps - 1) * (Size + Taps - 1);

        public int Rows => TileChoice.Ceil(Problem.Output.H, Size);

        public int Columns => TileChoice.Ceil(Problem.Output.W, Size);

        public int Tiles => checked(Problem.Batch * Rows * Columns);

        public long InputFloats => (long)Points * Problem.InChannels * Tiles;

        public long ProductFloats => (long)Points * Problem.OutChannels * Tiles;
    }
}
