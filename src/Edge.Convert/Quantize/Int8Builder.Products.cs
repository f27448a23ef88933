using Edge.Kernels.Elementwise;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>Convolutions and matrix products.</summary>
internal sealed partial class Int8Builder
{
    private string? TryProduct(Node node)
    {
        if (QuantProduct.Read(node, _plan, out string? reason) is not { } product)
        {
            return reason;
        }
        (Value result, Activation activation) = Absorb(node.Outputs[0]);
        if (SchemeOf(result) is not { } scheme)
        {
            return "the range of its result is not known";
        }
        if (BytesOf(node.Input(0)) is not ({ } x, { } xScheme))
        {
            return "the range of its input is not known";
        }
        float[] scales = product.Scales(node, _plan, xScheme.Scale, any: scheme.Scale / xScheme.Scale / 256);
        ProductForm form = Round(product, scales, xScheme, _plan.ChannelMeans.GetValueOrDefault(node.Input(0)!));
        var multipliers = new int[product.Channels];
        for (int m = 0; m < multipliers.Length; m++)
        {
            double factor = (double)xScheme.Scale * scales[m] / scheme.Scale;
            if (factor > 1)
            {
                return $"channel {m}: a step of its sums is {factor:G3} steps of its result";
            }
            if (xScheme.IsWords && !form.Fits(m, xScheme.Limit))
            {
                return $"channel {m}: sums of products with 16-bit integers do not fit 32 bits";
            }
            multipliers[m] = Rescaling.Multiplier(factor);
        }
        MarkAbsorbed(node, result);
        _products[node] = form;
        // Short names: small files consist of them to a good part.
        AddBytes(
            result, node, product.Operator(xScheme.Zero, scheme.Result(activation)), scheme,
            x,
            Constant($"{node.Name} w", form.Weights),
            Constant($"{node.Name} b", Tensor.FromVector<int>(form.Bias)),
            Constant($"{node.Name} m", Tensor.FromVector<int>(multipliers)));
        return null;
    }

    /// <param name="means">Mean of each input channel over the samples, for bias correction; null where there are none.</param>
    private static ProductForm Round(QuantProduct product, float[] scales, Scheme x, double[]? means)
    {
        int row = product.Row;
        var integers = new sbyte[product.Weights.Length];
        var bias = new int[product.Channels];
        for (int m = 0; m < bias.Length; m++)
        {
            ReadOnlySpan<float> weights = product.Of(m);
            double corrected = product.Bias[m];
            for (int i = 0; i < row; i++)
            {
                sbyte q = WeightQuantizer.Quantize(weights[i], scales[m], product.Given is null ? -127 : -128);
                integers[(m * row) + i] = q;
                if (means is not null && product.Given is null)
                {
                    // Bias correction: what rounding the weights adds to the mean of the result (Nagel et al. 2019, section 4.2).
                    int channel = (m / (product.Channels / product.Groups) * product.InGroup) + (i / (row / product.InGroup));
                    corrected -= ((q * (double)scales[m]) - weights[i]) * means[channel];
                }
            }
            bias[m] = (int)Math.Round(corrected / ((double)x.Scale * scales[m]), MidpointRounding.ToEven);
        }
        return new ProductForm(Tensor.From<sbyte>(product.Shape, integers), scales, bias, [.. scales.Select(s => x.Scale * s)]);
    }
}
