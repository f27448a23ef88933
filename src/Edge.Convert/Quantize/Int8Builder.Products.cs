using Edge.Kernels.Elementwise;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>Convolutions and matrix products.</summary>
internal sealed partial class Int8Builder
{
    /// <summary>Largest bias: sums of products have room beside it. Weights of a channel with a larger one get a larger scale.</summary>
    private const double MostBias = 1 << 29;

    /// <summary>Weights and bias of a product, one row per output channel.</summary>
    /// <param name="Shape">Of the weights.</param>
    /// <param name="InGroup">Input channels per group.</param>
    private sealed record Product(Shape Shape, float[] Weights, float[] Bias, int InGroup, int Groups, float[]? Scales);

    private string? TryConv(Node node, Conv conv)
    {
        if (node.Input(3) is not null || conv.Activation.Kind != ActivationKind.None)
        {
            return "it adds a residual or an activation";
        }
        if (node.Input(1)?.Constant is not { Type: DataType.F32 } weights || node.Input(2) is { IsConstant: false })
        {
            return "its weights are not constant";
        }
        float[] bias = node.Input(2)?.Constant?.ToArray<float>() ?? new float[weights.Shape[0]];
        var product = new Product(weights.Shape, weights.ToArray<float>(), bias, weights.Shape[1], conv.Group, _plan.WeightScales.GetValueOrDefault(node.Input(1)!) is { } scales && (scales.Length == 1 || scales.Length == weights.Shape[0]) ? scales : null);
        return AddProduct(node, product, (zero, result) => new QuantConv
        {
            Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group, XZero = zero, Result = result,
        });
    }

    private string? TryGemm(Node node, Gemm gemm)
    {
        if (gemm.TransA || gemm.Activation.Kind != ActivationKind.None || node.Input(1)?.Constant is not { Type: DataType.F32 } b || node.Input(2) is { IsConstant: false })
        {
            return "its second operand is not constant";
        }
        (int n, int k) = gemm.TransB ? (b.Shape[0], b.Shape[1]) : (b.Shape[1], b.Shape[0]);
        float[] source = b.ToArray<float>();
        var weights = new float[n * k];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = gemm.Alpha * source[gemm.TransB ? i : (i % k * n) + (i / k)];
        }
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
        var product = new Product(new Shape(n, k), weights, bias, k, 1, gemm.Alpha == 1 && _plan.WeightScales.GetValueOrDefault(node.Input(1)!) is { } scales && (scales.Length == 1 || scales.Length == n) ? scales : null);
        return AddProduct(node, product, (zero, result) => new QuantConv { Strides = [], Pads = [], Dilations = [], XZero = zero, Result = result });
    }

    /// <summary>A normalization that no convolution before it could take in is a depthwise convolution of one tap.</summary>
    private string? TryBatchNorm(Node node, BatchNorm norm)
    {
        float[]?[] constants = [.. node.Inputs.Skip(1).Select(v => v?.Constant is { Type: DataType.F32 } constant ? constant.ToArray<float>() : null)];
        if (constants is not [{ } gamma, { } beta, { } mean, { } variance] || node.Input(0)?.Info.Shape is not { Rank: >= 3 and <= 5 } shape)
        {
            return "it has no quantized form";
        }
        float[] factors = [.. gamma.Select((g, c) => (float)(g / Math.Sqrt((double)variance[c] + norm.Epsilon)))];
        float[] bias = [.. beta.Select((b, c) => (float)(b - ((double)mean[c] * factors[c])))];
        int[] ones = [.. Enumerable.Repeat(1, shape.Rank - 2)];
        var product = new Product(new Shape([gamma.Length, 1, .. ones]), factors, bias, 1, gamma.Length, null);
        return AddProduct(node, product, (zero, result) => new QuantConv
        {
            Strides = ones, Pads = new int[2 * ones.Length], Dilations = ones, Group = gamma.Length, XZero = zero, Result = result,
        });
    }

    private string? AddProduct(Node node, Product product, Func<int, QuantResult, Operator> make)
    {
        (Value result, Activation activation) = Absorb(node.Outputs[0]);
        if (!_plan.Values.TryGetValue(result, out Scheme? scheme))
        {
            return "the range of its result is not known";
        }
        if (BytesOf(node.Input(0)) is not ({ } x, { } xScheme))
        {
            return "the range of its input is not known";
        }
        int channels = product.Shape[0];
        int row = product.Weights.Length / Math.Max(1, channels);
        var quantized = new sbyte[product.Weights.Length];
        var bias = new int[channels];
        var multipliers = new int[channels];
        (float[] scales, float[] biasScales) = (new float[channels], new float[channels]);
        float[] chosen = product.Scales ?? ChooseScales(node, product);
        double[]? means = _plan.ChannelMeans.GetValueOrDefault(node.Input(0)!);
        for (int m = 0; m < channels; m++)
        {
            ReadOnlySpan<float> weights = product.Weights.AsSpan(m * row, row);
            float scale = product.Scales is { } given ? given[given.Length == 1 ? 0 : m] : chosen[m] > 0 ? chosen[m] : scheme.Scale / xScheme.Scale / 256;
            scale = (float)Math.Max(scale, Math.Abs(product.Bias[m]) / (xScheme.Scale * MostBias));
            double factor = (double)xScheme.Scale * scale / scheme.Scale;
            if (factor > 1)
            {
                return $"channel {m}: a step of its sums is {factor:G3} steps of its result";
            }
            double corrected = product.Bias[m];
            for (int i = 0; i < row; i++)
            {
                sbyte q = WeightQuantizer.Quantize(weights[i], scale, product.Scales is null ? -127 : -128);
                quantized[(m * row) + i] = q;
                if (means is not null && product.Scales is null)
                {
                    // Bias correction: what rounding the weights adds to the mean of the result (Nagel et al. 2019, section 4.2).
                    int channel = (m / (channels / product.Groups) * product.InGroup) + (i / (row / product.InGroup));
                    corrected -= ((q * (double)scale) - weights[i]) * means[channel];
                }
            }
            bias[m] = (int)Math.Round(corrected / ((double)xScheme.Scale * scale), MidpointRounding.ToEven);
            multipliers[m] = Rescaling.Multiplier(factor);
            (scales[m], biasScales[m]) = (scale, xScheme.Scale * scale);
        }
        MarkAbsorbed(node, result);
        Tensor integers = Tensor.From<sbyte>(product.Shape, quantized);
        _products[node] = new ProductForm(integers, scales, bias, biasScales);
        // Short names: small files consist of them to a good part.
        AddBytes(
            result, node, make(xScheme.Zero, scheme.Result(activation)), scheme,
            x,
            Constant($"{node.Name} w", integers),
            Constant($"{node.Name} b", Tensor.FromVector<int>(bias)),
            Constant($"{node.Name} m", Tensor.FromVector<int>(multipliers)));
        return null;
    }

    /// <summary>The scale of each channel's weights; 0 where all of them are 0.</summary>
    private float[] ChooseScales(Node node, Product product)
    {
        if (!_plan.ChosenScales.TryGetValue(node, out float[]? scales))
        {
            int channels = product.Shape[0];
            int row = product.Weights.Length / Math.Max(1, channels);
            scales = new float[channels];
            Parallel.For(0, channels, m => scales[m] = WeightQuantizer.ChooseScale(product.Weights.AsSpan(m * row, row)));
            _plan.ChosenScales[node] = scales;
        }
        return scales;
    }
}
