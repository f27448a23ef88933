using Edge.Convert.Onnx.Export;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using static Edge.Convert.Onnx.Export.OnnxWriter;

namespace Edge.Bench.Tests.Quantize;

/// <summary>
/// Quantized ONNX models in the forms that others' tools write: pairs with one scale per tensor (PyTorch) or per channel (ONNX Runtime's
/// static quantization), the operators with the scales built in (QLinearConv, QLinearMatMul), sums of integers that are scaled afterwards
/// (ConvInteger, MatMulInteger), and ranges found at run time (DynamicQuantizeLinear). All read x f32[1,3,12,12] and write y f32[1,7].
/// </summary>
internal sealed class ForeignModels
{
    public static readonly string[] Names = ["pairs per tensor", "pairs per channel", "QLinear", "integer sums", "dynamic"];

    public static readonly Shape Input = new(1, 3, 12, 12);

    private readonly Random _random = new(11);
    private readonly OnnxWriter _onnx = new("foreign", ["x", "y"]);
    private readonly bool _perChannel;

    private ForeignModels(bool perChannel)
    {
        _perChannel = perChannel;
        _onnx.AddInput("x", new TensorInfo(DataType.F32, Input));
        _onnx.AddOutput("y", new TensorInfo(DataType.F32, new Shape(1, 7)));
    }

    /// <summary>The model, and the step of its output; 0 where that is found at run time.</summary>
    public static (ModelProto Model, double Step) Build(string name)
    {
        var models = new ForeignModels(name != "pairs per tensor");
        double step = name switch
        {
            "pairs per tensor" => models.Pairs(unsigned: true),
            "pairs per channel" => models.Pairs(unsigned: false),
            "QLinear" => models.QLinear(),
            "integer sums" => models.IntegerSums(),
            _ => models.Dynamic(),
        };
        return (models._onnx.Model, step);
    }

    private double Pairs(bool unsigned)
    {
        const float Step = 0.11f;
        int zero = unsigned ? 0 : -128;
        string x = Pair("x", 0.03f, unsigned ? 128 : 0, unsigned);
        string stem = Pair(Relu(PairedConv(x, 0.03f, "stem", 8, 3)), 0.04f, zero, unsigned);
        string small = Pair(_onnx.Add("MaxPool", "pool", [stem], Attribute("kernel_shape", [2, 2]), Attribute("strides", [2, 2])), 0.04f, zero, unsigned);
        // The clamp exists as saturation only, where the tool has removed the Relu.
        string branch = Pair(PairedConv(small, 0.04f, "branch", 8, 8), 0.05f, zero, unsigned);
        string sum = Pair(_onnx.Add("Add", "sum", [branch, small]), 0.07f, zero, unsigned);
        string mean = Pair(_onnx.Add("GlobalAveragePool", "mean", [sum]), 0.06f, zero, unsigned);
        string flat = _onnx.Add("Flatten", "flat", [mean], Attribute("axis", 1L));
        string w = Dequantized(Weights("head", new Shape(7, 8)), Scales("head", 7, 0.02f), 7);
        string b = Dequantized(_onnx.Constant("head b", Tensor.FromVector(5, -40, 300, 0, 7, 90, -10)), _onnx.Constant("head bs", BiasScales(7, 0.06f, 0.02f)), 0);
        string y = _onnx.Add("Gemm", "head", [flat, w, b], Attribute("transB", true));
        Last(Quantized(y, Step, unsigned ? 120 : 5, unsigned), Step, unsigned ? 120 : 5, unsigned);
        return Step;
    }

    private double QLinear()
    {
        const float Step = 0.2f;
        string x = Quantized("x", 0.03f, 128, true);
        string a = QLinearConv(x, 0.03f, 128, "a", 8, 3, 0.05f, 0);
        string p = _onnx.Add("MaxPool", "p", [a], Attribute("kernel_shape", [3, 3]), Attribute("strides", [2, 2]), Attribute("pads", [1, 1, 0, 0]));
        string b = QLinearConv(p, 0.05f, 0, "b", 5, 8, 0.08f, 100);
        string flat = _onnx.Add("Reshape", "flat", [b, _onnx.Longs("dims", [1, 180])]);
        string y = _onnx.Add(
            "QLinearMatMul", "product",
            [flat, Scale(0.08f), Zero(100, true), Weights("w", new Shape(180, 7)), Scale(0.004f), Zero(0, false), Scale(Step), Zero(128, true)]);
        Last(y, Step, 128, true);
        return Step;
    }

    private double IntegerSums()
    {
        string x = Quantized("x", 0.03f, 120, true);
        string sums = _onnx.Add("ConvInteger", "a", [x, Weights("wa", new Shape(8, 3, 3, 3)), Zero(120, true)], Attribute("pads", [1, 1, 1, 1]));
        string real = Relu(Biased(Scaled(sums, _onnx.Constant("sa", Tensor.From(new Shape(1, 8, 1, 1), [.. Enumerable.Range(1, 8).Select(i => 0.03f * 0.002f * i)]))), new Shape(1, 8, 1, 1)));
        string flat = _onnx.Add("Flatten", "flat", [_onnx.Add("GlobalAveragePool", "mean", [real])], Attribute("axis", 1L));
        string q = Quantized(flat, 0.01f, 0, true);
        string y = Scaled(_onnx.Add("MatMulInteger", "b", [q, Weights("wb", new Shape(8, 7)), Zero(0, true), Zero(0, false)]), Scale(0.01f * 0.01f));
        _onnx.Add("Identity", "last", [Biased(y, new Shape(7))], ["y"]);
        return 0;
    }

    /// <summary>As ONNX Runtime's dynamic quantization writes it.</summary>
    private double Dynamic()
    {
        string[] q = Measured("x");
        string sums = _onnx.Add("ConvInteger", "a", [q[0], Weights("wa", new Shape(8, 3, 3, 3)), q[2]], Attribute("pads", [1, 1, 1, 1]), Attribute("strides", [2, 2]));
        string real = Relu(Biased(Scaled(sums, _onnx.Add("Mul", "scale a", [q[1], Scale(0.01f)])), new Shape(1, 8, 1, 1)));
        string flat = _onnx.Add("Flatten", "flat", [real], Attribute("axis", 1L));
        string[] r = Measured(flat);
        string product = _onnx.Add("MatMulInteger", "b", [r[0], Weights("wb", new Shape(288, 7)), r[2]]);
        string y = Scaled(product, _onnx.Add("Mul", "scale b", [r[1], _onnx.Constant("sb", Tensor.FromVector(0.01f, 0.02f, 0.03f, 0.01f, 0.01f, 0.02f, 0.005f))]));
        _onnx.Add("Identity", "last", [Biased(y, new Shape(7))], ["y"]);
        return 0;
    }

    private string[] Measured(string value)
    {
        string[] outputs = [_onnx.Fresh($"{value} q"), _onnx.Fresh($"{value} scale"), _onnx.Fresh($"{value} zero")];
        _onnx.Add("DynamicQuantizeLinear", _onnx.Fresh("measure"), [value], outputs);
        return outputs;
    }

    private string Relu(string value) => _onnx.Add("Relu", "relu", [value]);

    private string Scaled(string sums, string scale) => _onnx.Add("Mul", "scaled", [_onnx.Add("Cast", "real", [sums], Attribute("to", 1L)), scale]);

    private string Biased(string value, Shape shape) =>
        _onnx.Add("Add", "biased", [value, _onnx.Constant("bias", Tensor.From<float>(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (_random.NextSingle() - 0.5f) / 2)]))]);

    private string Scale(float scale) => _onnx.Float("scale", scale);

    private string Zero(int zero, bool unsigned) => _onnx.Constant("zero", unsigned ? Tensor.FromScalar((byte)zero) : Tensor.FromScalar((sbyte)zero));

    private string Quantized(string value, float scale, int zero, bool unsigned) => _onnx.Add("QuantizeLinear", $"{value} q", [value, Scale(scale), Zero(zero, unsigned)]);

    private string Pair(string value, float scale, int zero, bool unsigned) =>
        _onnx.Add("DequantizeLinear", $"{value} d", [Quantized(value, scale, zero, unsigned), Scale(scale), Zero(zero, unsigned)]);

    private void Last(string integers, float scale, int zero, bool unsigned) => _onnx.Add("DequantizeLinear", "last", [integers, Scale(scale), Zero(zero, unsigned)], ["y"]);

    private string Weights(string name, Shape shape) =>
        _onnx.Constant($"{name} w", Tensor.From<sbyte>(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (sbyte)_random.Next(-127, 128))]));

    private string Scales(string name, int channels, float scale) => _perChannel
        ? _onnx.Constant($"{name} s", Tensor.FromVector<float>([.. Enumerable.Range(0, channels).Select(i => scale * (1 + (0.1f * i)))]))
        : Scale(scale);

    private Tensor BiasScales(int channels, float x, float w) => Tensor.FromVector<float>([.. Enumerable.Range(0, channels).Select(i => x * w * (_perChannel ? 1 + (0.1f * i) : 1))]);

    /// <param name="channels">Number of zero points; 0 leaves them out.</param>
    private string Dequantized(string integers, string scales, int channels) => channels > 0 && _perChannel
        ? _onnx.Add("DequantizeLinear", $"{integers} d", [integers, scales, _onnx.Constant("zeros", Tensor.From<sbyte>(new Shape(channels), new sbyte[channels]))], Attribute("axis", 0L))
        : _onnx.Add("DequantizeLinear", $"{integers} d", [integers, scales], Attribute("axis", 0L));

    private string PairedConv(string x, float xScale, string name, int outputs, int inputs)
    {
        const float WeightScale = 0.004f;
        string w = Dequantized(Weights(name, new Shape(outputs, inputs, 3, 3)), Scales(name, outputs, WeightScale), outputs);
        string bias = _onnx.Constant($"{name} b", Tensor.FromVector<int>([.. Enumerable.Range(0, outputs).Select(_ => _random.Next(-3000, 3000))]));
        string b = Dequantized(bias, _onnx.Constant($"{name} bs", BiasScales(outputs, xScale, WeightScale)), 0);
        return _onnx.Add("Conv", name, [x, w, b], Attribute("pads", [1, 1, 1, 1]), Attribute("kernel_shape", [3, 3]));
    }

    private string QLinearConv(string x, float xScale, int xZero, string name, int outputs, int inputs, float yScale, int yZero) => _onnx.Add(
        "QLinearConv", name,
        [
            x, Scale(xScale), Zero(xZero, true), Weights(name, new Shape(outputs, inputs, 3, 3)), Scales(name, outputs, 0.004f),
            _onnx.Constant("zeros", Tensor.From<sbyte>(new Shape(outputs), new sbyte[outputs])), Scale(yScale), Zero(yZero, true),
            _onnx.Constant($"{name} b", Tensor.FromVector<int>([.. Enumerable.Range(0, outputs).Select(_ => _random.Next(-3000, 3000))])),
        ],
        Attribute("pads", [1, 1, 1, 1]));
}
