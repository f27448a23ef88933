using Edge.Convert.Onnx.Export;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// Writes a quantized model as the float32 graph with pairs of QuantizeLinear and DequantizeLinear that carry our scales, zero points,
/// integer weights and biases: what it computes elsewhere differs from ours only in how ties are rounded.
/// </summary>
internal sealed class QdqWriter
{
    private readonly Graph _source;
    private readonly Int8Form _form;
    private readonly OnnxWriter _writer;
    private readonly OperatorExport _operators;
    private readonly Dictionary<Value, string> _real = [];
    private readonly Dictionary<Value, string> _paired = [];

    private QdqWriter(Graph source, Int8Form form)
    {
        _source = source;
        _form = form;
        _writer = new OnnxWriter(source.Name, source.Inputs.Concat(source.Nodes.SelectMany(n => n.Outputs)).Select(v => v.Name));
        _operators = new OperatorExport(_writer);
    }

    /// <param name="source">The float32 graph that <paramref name="form"/> was built from; its shapes are known.</param>
    /// <exception cref="Edge.Runtime.Diagnostics.EdgeException">A node has no ONNX form.</exception>
    public static ModelProto Write(Graph source, Int8Form form)
    {
        var writer = new QdqWriter(source, form);
        writer.Write();
        return writer._writer.Model;
    }

    private void Write()
    {
        if (_form.Schemes.Values.Any(s => s.IsWords))
        {
            _writer.UseWords();
        }
        foreach (Value input in _source.Inputs)
        {
            _writer.AddInput(input.Name, input.Info);
            _real[input] = input.Name;
        }
        foreach (Node node in _source.Nodes)
        {
            WriteNode(node);
        }
        foreach (Value output in _source.Outputs)
        {
            string name = IsReal(output) ? _real[output] : Paired(output);
            if (name != output.Name)
            {
                _writer.Add("Identity", $"{output.Name} out", [name], [output.Name]);
            }
            _writer.AddOutput(output.Name, output.Info);
        }
    }

    private void WriteNode(Node node)
    {
        bool kept = _form.Kept.Contains(node);
        foreach (Value output in node.Outputs)
        {
            bool isHidden = _source.IsOutput(output) && !IsReal(output);
            _real[output] = isHidden ? _writer.Fresh($"{output.Name} real") : output.Name;
        }
        string[] outputs = [.. node.Outputs.Select(o => _real[o])];
        string x = node.Input(0) is { } first ? Read(first, kept) : "";
        if (_form.Products.TryGetValue(node, out ProductForm? product))
        {
            _operators.WriteQuantizedProduct(node, [x, Weights(node, product), Bias(node, product)], outputs[0]);
            return;
        }
        string[] inputs = [.. node.Inputs.Select((v, i) => v is null ? "" : i == 0 ? x : Read(v, kept))];
        _operators.Write(node, inputs, outputs);
    }

    private string Read(Value value, bool kept)
    {
        if (value.IsConstant)
        {
            return _writer.Constant(value);
        }
        return _form.Schemes.ContainsKey(value) && !(kept && IsReal(value)) ? Paired(value) : _real[value];
    }

    /// <summary>Whether the quantized graph has the value in float32 before any rounding.</summary>
    private bool IsReal(Value value) => !_form.Schemes.ContainsKey(value) || value.Producer is null || _form.Kept.Contains(value.Producer);

    /// <summary>The value behind its pair, which is written the first time.</summary>
    private string Paired(Value value)
    {
        if (!_paired.TryGetValue(value, out string? name))
        {
            Scheme scheme = _form.Schemes[value];
            string scale = _writer.Float($"{value.Name} scale", scheme.Scale);
            string zero = _writer.Constant($"{value.Name} zero", scheme.IsWords ? Tensor.FromScalar((short)0) : Tensor.FromScalar((sbyte)scheme.Zero));
            string integers = _writer.Add(QuantizeLinear.Name, $"{value.Name} {(scheme.IsWords ? "int16" : "int8")}", [_real[value], scale, zero]);
            bool takesName = _source.IsOutput(value) && !IsReal(value);
            name = takesName ? value.Name : _writer.Fresh($"{value.Name} paired");
            _writer.Add(DequantizeLinear.Name, _writer.Fresh($"{value.Name} dequantized"), [integers, scale, zero], [name]);
            _paired[value] = name;
        }
        return name;
    }

    private string Weights(Node node, ProductForm product) =>
        Constant($"{node.Name} weights", product.Weights, product.Scales, Tensor.From<sbyte>(new Shape(product.Scales.Length), new sbyte[product.Scales.Length]));

    private string Bias(Node node, ProductForm product) =>
        Constant($"{node.Name} bias", Tensor.FromVector<int>(product.Bias), product.BiasScales, Tensor.From<int>(new Shape(product.Bias.Length), new int[product.Bias.Length]));

    private string Constant(string name, Tensor integers, float[] scales, Tensor zeros) => _writer.Add(
        DequantizeLinear.Name, name,
        [_writer.Constant($"{name} integers", integers), _writer.Constant($"{name} scales", Tensor.FromVector<float>(scales)), _writer.Constant($"{name} zeros", zeros)],
        OnnxWriter.Attribute("axis", 0L));
}
