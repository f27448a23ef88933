using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Testing;

/// <summary>A convolution of 8-bit integers with its operands.</summary>
public sealed record QuantConvCase(QuantConvProblem Problem, Tensor X, Tensor W, Tensor Bias, Tensor Multipliers);

/// <summary>Which windows a random convolution has.</summary>
public enum ConvKind
{
    /// <summary>Any, all channels or groups of them.</summary>
    Dense,

    /// <summary>Any, one channel each.</summary>
    Depthwise,

    /// <summary>3x3 with stride 1, all channels: what Winograd's algorithm computes.</summary>
    Square,

    /// <summary>A signal and a long filter, all channels.</summary>
    Line,

    /// <summary>3x3 with strides of 1 or 2, one channel each.</summary>
    DepthwiseSquare,
}

/// <summary>A mean over windows of 8-bit integers with its operand. Its windows and sizes serve for the maximum too.</summary>
public sealed record QuantPoolCase(QuantAveragePoolProblem Problem, Tensor X);

/// <summary>Random problems on 8-bit integers with extreme operands, for the rows of the processor and for those of devices.</summary>
public static class QuantProblems
{
    /// <summary>Every kind, in turn.</summary>
    public static ConvKind Kind(int i) => Enum.GetValues<ConvKind>()[i % Enum.GetValues<ConvKind>().Length];

    /// <summary>Bytes of which some are extreme: all of one sign, limits, zeros.</summary>
    public static Tensor Bytes(Random random, Shape shape, int low = -128)
    {
        Tensor tensor = Tensor.Allocate(DataType.S8, shape);
        int kind = random.Next(5);
        foreach (ref sbyte value in tensor.Span<sbyte>())
        {
            int number = kind switch
            {
                0 => sbyte.MaxValue,
                1 => low,
                2 => random.Next(2) == 0 ? low : sbyte.MaxValue,
                _ => random.Next(low, 128),
            };
            value = (sbyte)number;
        }
        return tensor;
    }

    public static Tensor Ints(Random random, int count, int low, int high)
    {
        Tensor tensor = Tensor.Allocate(DataType.S32, new Shape(count));
        foreach (ref int value in tensor.Span<int>())
        {
            value = random.Next(20) switch { 0 => low, 1 => high, _ => random.Next(low, high) };
        }
        return tensor;
    }

    /// <summary>Channels last, over windows, strides, dilations, paddings and groups.</summary>
    public static QuantConvCase Conv(Random random, ConvKind kind)
    {
        QuantConvProblem problem = ConvProblem(random, kind);
        Tensor x = Bytes(random, new Shape(problem.Batch, problem.InChannels, problem.Input.H, problem.Input.W), problem.XNotNegative ? 0 : -128);
        Tensor w = Bytes(
            random, new Shape(problem.OutChannels, problem.GroupInChannels, problem.Window.Kernel.H, problem.Window.Kernel.W), problem.NarrowWeights ? -127 : -128);
        Tensor bias = Ints(random, problem.OutChannels, random.Next(4) == 0 ? int.MinValue : -50_000, random.Next(4) == 0 ? int.MaxValue : 50_000);
        // Factors from 2^-14 to 1.
        Tensor multipliers = Ints(random, problem.OutChannels, 0, random.Next(5) == 0 ? int.MaxValue : 1 << random.Next(17, 26));
        if (random.Next(8) > 0)
        {
            problem = problem with { WeightSum = WeightSum(w) };
        }
        return new QuantConvCase(problem, x, w, bias, multipliers);
    }

    public static QuantAddProblem Add(Random random, long count)
    {
        int low = random.Next(-128, 100);
        return new QuantAddProblem(
            count, random.Next(short.MinValue, short.MaxValue + 1), random.Next(short.MinValue, short.MaxValue + 1),
            random.Next(4) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(-(1 << 22), 1 << 22), random.Next(0, 31), low, random.Next(low, 128));
    }

    /// <summary>Channels last.</summary>
    public static QuantPoolCase Pool(Random random, bool countsPads)
    {
        int channels = random.Next(1, 40);
        var window = new Window(
            new Extent(1, random.Next(1, 5), random.Next(1, 5)), new Extent(1, random.Next(1, 3), random.Next(1, 3)),
            new Extent(1, random.Next(1, 3), random.Next(1, 3)), new Extent(0, random.Next(0, 3), random.Next(0, 3)), new Extent(0, random.Next(0, 3), random.Next(0, 3)));
        var input = new Extent(1, random.Next((int)window.Span(1), 14), random.Next((int)window.Span(2), 14));
        var output = new Extent(1, (int)window.OutputSize(1, input.H), (int)window.OutputSize(2, input.W));
        Tensor x = Bytes(random, new Shape(1, channels, input.H, input.W));
        int low = random.Next(-128, 0);
        return new QuantPoolCase(
            new QuantAveragePoolProblem(
                1, channels, input, output, window, countsPads, random.Next(-128, 128), random.Next(-128, 128), low, random.Next(low, 128),
                0.25f + random.NextSingle(), Layout.ChannelsLast),
            x);
    }

    private static long WeightSum(Tensor w) =>
        w.ToArray<sbyte>().Chunk((int)(w.Count / w.Shape[0])).Max(channel => channel.Sum(v => (long)Math.Abs((int)v)));

    private static QuantConvProblem ConvProblem(Random random, ConvKind kind)
    {
        bool depthwise = kind is ConvKind.Depthwise or ConvKind.DepthwiseSquare;
        int groups = depthwise ? (random.Next(3) == 0 ? random.Next(40, 140) : random.Next(2, 40)) : kind == ConvKind.Dense && random.Next(6) == 0 ? random.Next(2, 4) : 1;
        int inChannels = depthwise ? groups : groups * random.Next(1, 24);
        int outChannels = depthwise ? groups : groups * random.Next(1, 40);
        Window window = ConvWindow(random, kind);
        Extent input = kind == ConvKind.Line
            ? new Extent(1, 1, random.Next((int)window.Span(2), 120))
            : new Extent(1, random.Next((int)window.Span(1), 15), random.Next((int)window.Span(2), 17));
        var output = new Extent(1, (int)window.OutputSize(1, input.H), (int)window.OutputSize(2, input.W));
        int low = random.Next(3) == 0 ? random.Next(-128, 100) : -128;
        bool positive = random.Next(2) == 0;
        return new QuantConvProblem(
            random.Next(6) == 0 ? 2 : 1, inChannels, outChannels, groups, input, output, window,
            positive ? 0 : random.Next(-128, 128), random.Next(-128, 128), low, random.Next(low, 128), positive, random.Next(4) > 0,
            Layout.ChannelsLast, Layout.ChannelsLast);
    }

    private static Window ConvWindow(Random random, ConvKind kind)
    {
        var begin = new Extent(0, random.Next(0, 3), random.Next(0, 3));
        var end = new Extent(0, random.Next(0, 3), random.Next(0, 3));
        var square = new Extent(1, 3, 3);
        return kind switch
        {
            ConvKind.Square => new Window(square, Extent.One, Extent.One, begin, end),
            ConvKind.DepthwiseSquare => new Window(square, random.Next(3) == 0 ? Extent.One : new Extent(1, random.Next(1, 3), 2), Extent.One, begin, end),
            ConvKind.Line => new Window(
                new Extent(1, 1, random.Next(8, 21)), new Extent(1, 1, random.Next(1, 3)), Extent.One, new Extent(0, 0, random.Next(0, 12)), new Extent(0, 0, random.Next(0, 12))),
            _ => new Window(
                random.Next(6) == 0 ? Extent.One : new Extent(1, random.Next(1, 5), random.Next(1, 6)),
                new Extent(1, random.Next(1, 4), random.Next(1, 4)),
                random.Next(3) == 0 ? new Extent(1, random.Next(1, 4), random.Next(1, 4)) : Extent.One,
                begin,
                end),
        };
    }
}
