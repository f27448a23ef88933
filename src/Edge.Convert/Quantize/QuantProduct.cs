using Edge.Kernels.Elementwise;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>A convolution or matrix product with constant weights, one row of them per output channel.</summary>
internal sealed class QuantProduct
{
    /// <summary>Largest bias: sums of products have room beside it. Weights of a channel with a larger one get a larger scale.</summary>
    public const double MostBias = 1 << 29;

    private readonly Func<int, QuantResult, Operator> _make;
    private float[]? _weights;

    private QuantProduct(Func<int, QuantResult, Operator> make) => _make = make;

    /// <summary>Of the weights.</summary>
    public required Shape Shape { get; init; }

    /// <summary>Makes the weights, which large models take long to copy, where they are asked for.</summary>
    public required Func<float[]> Source { get; init; }

    public float[] Weights => _weights ??= Source();

    public required float[] Bias { get; init; }

    /// <summary>Input channels per group.</summary>
    public required int InGroup { get; init; }

    public int Groups { get; init; } = 1;

    /// <summary>Scales of the weights where the model brings them: one, or one per output channel.</summary>
    public float[]? Given { get; init; }

    public int Channels => Shape[0];

    /// <summary>Weights of an output channel.</summary>
    public int Row => (int)(Shape.Count / Math.Max(1, Channels));

    /// <summary>The product that a node computes; null, and why it has no form in integers, for others.</summary>
    public static QuantProduct? Read(Node node, SchemePlan plan, out string? reason)
    {
        QuantProduct? product = null;
        reason = node.Operator switch
        {
            Conv conv => ReadConv(node, conv, plan, out product),
            Gemm gemm => ReadGemm(node, gemm, plan, out product),
            BatchNorm { Training: false, Activation.Kind: ActivationKind.None } norm => ReadBatchNorm(node, norm, out product),
            _ => "it has no quantized form",
        };
        return product;
    }

    /// <summary>The operator for inputs with a zero point.</summary>
    public Operator Operator(int zero, QuantResult result) => _make(zero, result);

    /// <summary>The weights of an output channel.</summary>
    public ReadOnlySpan<float> Of(int channel) => Weights.AsSpan(channel * Row, Row);

    /// <summary>The scale of each channel's weights: given, or with the least error; 0 where all weights are 0.</summary>
    public float[] Scales(Node node, SchemePlan plan)
    {
        if (Given is { } given)
        {
            return given.Length == 1 ? [.. Enumerable.Repeat(given[0], Channels)] : given;
        }
        if (!plan.ChosenScales.TryGetValue(node, out float[]? scales))
        {
            scales = new float[Channels];
            _ = Weights;
            Parallel.For(0, Channels, m => scales[m] = WeightQuantizer.ChooseScale(Of(m)));
            plan.ChosenScales[node] = scales;
        }
        return scales;
    }

    /// <summary>The same, as large as the bias needs for inputs of a scale.</summary>
    /// <param name="any">For channels whose weights are all 0.</param>
    public float[] Scales(Node node, SchemePlan plan, float xScale, float any) =>
        [.. Scales(node, plan).Select((s, m) => (float)Math.Max(s > 0 ? s : any, Math.Abs(Bias[m]) / (xScale * MostBias)))];

    /// <summary>The largest sum of magnitudes of the integers of an output channel, as far as the bias leaves scales alone.</summary>
    public long LargestSum(Node node, SchemePlan plan)
    {
        float[] scales = Scales(node, plan);
        var sums = new long[Channels];
        _ = Weights;
        Parallel.For(0, Channels, m =>
        {
            foreach (float weight in Of(m))
            {
                sums[m] += scales[m] > 0 ? Math.Abs((int)WeightQuantizer.Quantize(weight, scales[m], sbyte.MinValue)) : 0;
            }
        });
        return sums.DefaultIfEmpty().Max();
    }

    private static string? ReadConv(Node node, Conv conv, SchemePlan plan, out QuantProduct? product)
    {
        product = null;
        if (node.Input(3) is not null || conv.Activation.Kind != ActivationKind.None)
        {
            return "it adds a residual or an activation";
        }
        if (node.Input(1)?.Constant is not { Type: DataType.F32 } weights || node.Input(2) is { IsConstant: false })
        {
            return "its weights are not constant";
        }
        product = new QuantProduct((zero, result) => new QuantConv
        {
            Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group, XZero = zero, Result = result,
        })
        {
            Shape = weights.Shape,
            Source = weights.ToArray<float>,
            Bias = node.Input(2)?.Constant?.ToArray<float>() ?? new float[weights.Shape[0]],
            InGroup = weights.Shape[1],
            Groups = conv.Group,
            Given = GivenScales(node, plan, weights.Shape[0]),
        };
        return null;
    }

    private static string? ReadGemm(Node node, Gemm gemm, SchemePlan plan, out QuantProduct? product)
    {
        product = null;
        if (gemm.TransA || gemm.Activation.Kind != ActivationKind.None || node.Input(1)?.Constant is not { Type: DataType.F32 } b || node.Input(2) is { IsConstant: false })
        {
            return "its second operand is not constant";
        }
        (int n, int k) = gemm.TransB ? (b.Shape[0], b.Shape[1]) : (b.Shape[1], b.Shape[0]);
        var bias = new float[n];
        if (node.Input(2)?.Constant is { } c)
        {
            float[] addend = c.ToArray<float>();
            if (addend.Length != 1 && addend.Length != n)
            {
                return "its bias differs from row to row";
            }
            bias = [.. Enumerable.Range(0, n).Select(i => gemm.Beta * addend[addend.Length == 1 ? 0 : i])];
        }
        product = new QuantProduct((zero, result) => new QuantConv { Strides = [], Pads = [], Dilations = [], XZero = zero, Result = result })
        {
            Shape = new Shape(n, k), Source = () => Rows(gemm, b, n, k), Bias = bias, InGroup = k, Given = gemm.Alpha == 1 ? GivenScales(node, plan, n) : null,
        };
        return null;
    }

    /// <summary>A normalization that no convolution before it could take in is a depthwise convolution of one tap.</summary>
    private static string? ReadBatchNorm(Node node, BatchNorm norm, out QuantProduct? product)
    {
        product = null;
        float[]?[] constants = [.. node.Inputs.Skip(1).Select(v => v?.Constant is { Type: DataType.F32 } constant ? constant.ToArray<float>() : null)];
        if (constants is not [{ } gamma, { } beta, { } mean, { } variance] || node.Input(0)?.Info.Shape is not { Rank: >= 3 and <= 5 } shape)
        {
            return "it has no quantized form";
        }
        float[] factors = [.. gamma.Select((g, c) => (float)(g / Math.Sqrt((double)variance[c] + norm.Epsilon)))];
        int[] ones = [.. Enumerable.Repeat(1, shape.Rank - 2)];
        product = new QuantProduct((zero, result) => new QuantConv
        {
            Strides = ones, Pads = new int[2 * ones.Length], Dilations = ones, Group = gamma.Length, XZero = zero, Result = result,
        })
        {
            Shape = new Shape([gamma.Length, 1, .. ones]),
            Source = () => factors,
            Bias = [.. beta.Select((b, c) => (float)(b - ((double)mean[c] * factors[c])))],
            InGroup = 1,
            Groups = gamma.Length,
        };
        return null;
    }

    /// <summary>The second operand of a product as one row per output channel.</summary>
    private static float[] Rows(Gemm gemm, Tensor b, int n, int k)
    {
        float[] source = b.ToArray<float>();
        if (gemm is { TransB: true, Alpha: 1 })
        {
            return source;
        }
        var weights = new float[n * k];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = gemm.Alpha * source[gemm.TransB ? i : (i % k * n) + (i / k)];
        }
        return weights;
    }

    private static float[]? GivenScales(Node node, SchemePlan plan, int channels) =>
        plan.WeightScales.GetValueOrDefault(node.Input(1)!) is { } scales && (scales.Length == 1 || scales.Length == channels) ? scales : null;
}
