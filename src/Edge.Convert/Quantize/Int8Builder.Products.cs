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
        ProductForm form = Round(node, product, scales, xScheme);
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

    private ProductForm Round(Node node, QuantProduct product, float[] scales, Scheme x)
    {
        if (!_plan.Rounded.TryGetValue(node, out RoundedWeights? rounded) || !rounded.Fits(scales))
        {
            double[]? means = product.Given is null ? _plan.ChannelMeans.GetValueOrDefault(node.Input(0)!) : null;
            rounded = RoundedWeights.Of(product.Shape, product.Weights, product.Bias, scales, product.Given is null ? -127 : -128, means, product.Groups, product.InGroup);
            _plan.Rounded[node] = rounded;
        }
        int[] bias = [.. rounded.Biases.Select((b, m) => (int)Math.Round(b / ((double)x.Scale * scales[m]), MidpointRounding.ToEven))];
        return new ProductForm(rounded.Integers, scales, bias, [.. scales.Select(s => x.Scale * s)]);
    }
}
