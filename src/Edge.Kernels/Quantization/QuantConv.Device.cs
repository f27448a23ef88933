using Edge.Kernels.Convolution;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution of 8-bit and 16-bit integers on devices, bit for bit as docs/quantization.md fixes it: an implicit product in tiles where channels come in fours,
/// four results per work item elsewhere.
/// </summary>
internal static class QuantConvDevice
{
    private const int Quad = 4;

    /// <summary>Rows and columns from which large tiles pay.</summary>
    private const int LargeTile = 64;

    public static readonly KernelRow<QuantConvProblem>[] Rows = [.. Of(DataType.S8), .. Of(DataType.S16)];

    /// <summary>The rows for a type of the input.</summary>
    private static KernelRow<QuantConvProblem>[] Of(DataType type) =>
    [
        Row(type, "depthwise", p => FitsQuads(p) && p.IsDepthwise, (p, _) => Direct(p, "quantconv_depthwise", packs: true)),
        Row(type, "tiles", p => FitsQuads(p) && p.GroupInChannels % Quad == 0 && p.GroupOutChannels % Quad == 0, Tiles),
        Row(type, "quads", p => FitsQuads(p) && p.GroupOutChannels % Quad == 0, (p, _) => Direct(p, "quantconv_four", packs: true)),
        Row(type, "any", Fits, (p, _) => Direct(p, "quantconv_any", packs: false)),
    ];

    private static KernelRow<QuantConvProblem> Row(DataType type, string variant, Func<QuantConvProblem, bool> fits, Func<QuantConvProblem, DeviceProfile, DeviceKernel> create) =>
        new($"quantconv_{type.Name()}_device_{variant}", CpuFeatures.None, p => p.XType == type && fits(p), p => create(p, DeviceProfile.Default)) { CreateFor = create };

    private static string Suffix(QuantConvProblem problem) => problem.XType == DataType.S16 ? "_s16" : "";

    private static bool Fits(QuantConvProblem problem) =>
        problem is { Batch: > 0, InChannels: > 0, OutChannels: > 0 } && problem.InputLayout != Layout.Blocked8 && problem.OutputLayout != Layout.Blocked8
        && problem.Input.Count > 0 && problem.Output.Count > 0 && problem.OutChannels * problem.Taps <= Words.MostElements
        && problem.Batch * (double)problem.InChannels * problem.Input.Count <= Words.MostElements
        && problem.Batch * (double)problem.OutChannels * problem.Output.Count <= Words.MostElements;

    private static bool FitsQuads(QuantConvProblem problem) =>
        Fits(problem) && problem is { ConstantWeights: true, InputLayout: Layout.ChannelsLast, OutputLayout: Layout.ChannelsLast } && problem.OutChannels % Quad == 0;

    private static DeviceKernel Direct(QuantConvProblem problem, string source, bool packs)
    {
        int count = checked((int)(problem.Batch * (long)problem.OutChannels * problem.Output.Count));
        var dispatch = new DeviceDispatch(
            KernelSources.Find(source + Suffix(problem)),
            [Words.Of(problem.InputLayout == Layout.ChannelsLast), Words.Of(problem.OutputLayout == Layout.ChannelsLast), Words.IsWide(problem.YType), .. problem.Window.Constants()],
            [Operand.Input(0), packs ? Operand.Packed(0) : Operand.Input(1), packs ? Operand.Packed(1) : Operand.Input(2), Operand.Input(3), Operand.Output()],
            [
                count, problem.InChannels, problem.OutChannels, problem.GroupInChannels, problem.GroupOutChannels,
                problem.Input.D, problem.Input.H, problem.Input.W, problem.Output.H, problem.Output.W, (int)problem.Output.Count,
                problem.XZero, problem.YZero, problem.Low, problem.High,
            ],
            Groups.For((count + Quad - 1) / Quad, 64));
        return new DeviceKernel([dispatch], 0, packs ? inputs => [Packed(problem, inputs[1]!, outermost: false), Bias(problem, inputs[1]!, inputs[2]!)] : null);
    }

    private static DeviceKernel Tiles(QuantConvProblem problem, DeviceProfile device)
    {
        int m = problem.GroupOutChannels;
        int n = checked((int)(problem.Batch * problem.Output.Count));
        int size = device.Tile("tile64").Rate > device.Tile("tile32").Rate && m >= LargeTile && n >= LargeTile * LargeTile ? LargeTile : 32;
        int words = problem.GroupInChannels / Quad;
        var dispatch = new DeviceDispatch(
            KernelSources.Find($"quantconv_tile_{size}{Suffix(problem)}"),
            [Words.Of(problem.Window.IsPointwise), Words.IsWide(problem.YType), .. problem.Window.Constants()],
            [Operand.Input(0), Operand.Packed(0), Operand.Packed(1), Operand.Input(3), Operand.Output()],
            [
                m, n, (int)(problem.Taps / Quad), words, problem.Groups, problem.Input.D, problem.Input.H, problem.Input.W, problem.Output.H, problem.Output.W,
                (int)problem.Output.Count, problem.XZero, problem.YZero, problem.Low, problem.High,
            ],
            new Groups((n + size - 1) / size, (m + size - 1) / size, problem.Groups));
        return new DeviceKernel([dispatch], 0, inputs => [Packed(problem, inputs[1]!, outermost: true), Bias(problem, inputs[1]!, inputs[2]!)]);
    }

    /// <summary>Weights [M, C, taps] as [M, taps, C], or with the outputs innermost as [taps, C, M].</summary>
    private static Tensor Packed(QuantConvProblem problem, Tensor weights, bool outermost)
    {
        int taps = (int)problem.Window.Kernel.Count;
        int channels = problem.GroupInChannels;
        ReadOnlySpan<sbyte> source = weights.Span<sbyte>();
        var packed = new sbyte[source.Length];
        for (int i = 0; i < source.Length; i++)
        {
            int tap = i % taps;
            int c = i / taps % channels;
            int m = i / taps / channels;
            packed[outermost ? (((m * taps) + tap) * channels) + c : (((tap * channels) + c) * problem.OutChannels) + m] = source[i];
        }
        return Tensor.From(new Shape(packed.Length), packed);
    }

    /// <summary>bias[m] - xZero * sum of w[m], modulo 2^32: sum (x - xZero) * w = sum x * w - xZero * sum w.</summary>
    private static Tensor Bias(QuantConvProblem problem, Tensor weights, Tensor bias)
    {
        int taps = (int)problem.Taps;
        int[] result = bias.ToArray<int>();
        ReadOnlySpan<sbyte> w = weights.Span<sbyte>();
        for (int i = 0; i < w.Length; i++)
        {
            result[i / taps] = unchecked(result[i / taps] - (problem.XZero * w[i]));
        }
        return Tensor.From(new Shape(result.Length), result);
    }
}
