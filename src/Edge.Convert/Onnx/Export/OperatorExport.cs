using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using static Edge.Convert.Onnx.Export.OnnxWriter;

namespace Edge.Convert.Onnx.Export;

/// <summary>Writes nodes of a float32 graph as ONNX nodes that compute the same. Every shape of the graph is known.</summary>
internal sealed partial class OperatorExport(OnnxWriter writer)
{
    /// <summary>Names of the parameters of functions in ONNX, where they are attributes.</summary>
    private static readonly Dictionary<string, (string Alpha, string? Beta)> Parameters = new()
    {
        ["Celu"] = ("alpha", null),
        ["Elu"] = ("alpha", null),
        ["HardSigmoid"] = ("alpha", "beta"),
        ["LeakyRelu"] = ("alpha", null),
        ["Selu"] = ("alpha", "gamma"),
        ["Shrink"] = ("lambd", "bias"),
        ["ThresholdedRelu"] = ("alpha", null),
    };

    /// <param name="node">A node without a fused residual.</param>
    /// <param name="inputs">Names of its inputs; an empty one stands for an absent input.</param>
    /// <param name="outputs">Names of its outputs.</param>
    /// <exception cref="EdgeException">The operator has no ONNX form here; the message names the node.</exception>
    public void Write(Node node, string[] inputs, string[] outputs)
    {
        try
        {
            if (!WriteProduct(node, inputs, outputs) && !WriteFunction(node, inputs, outputs) && !WriteWindow(node, inputs, outputs) && !WriteMovement(node, inputs, outputs))
            {
                throw new EdgeException(EdgeError.UnsupportedOperator, $"{node.Operator.Kind} cannot be written as ONNX", "leave --emit-qdq out");
            }
        }
        catch (EdgeException exception)
        {
            throw exception.At(node.Place);
        }
    }

    /// <summary>
    /// A convolution or product on weights that <paramref name="inputs"/> name: in the layout [N,K] for Gemm, one tap per channel
    /// for a normalization, which is a depthwise convolution in integers.
    /// </summary>
    public void WriteQuantizedProduct(Node node, string[] inputs, string output)
    {
        switch (node.Operator)
        {
            case Conv conv:
                WriteConv(node, conv, inputs, output);
                break;
            case BatchNorm:
                Shape shape = node.Outputs[0].Info.KnownShape;
                writer.Add(
                    "Conv", node.Name, inputs, [output],
                    Attribute("kernel_shape", Enumerable.Repeat(1, shape.Rank - 2).ToArray()), Attribute("group", shape[1]));
                break;
            default:
                writer.Add("Gemm", node.Name, inputs, [output], Attribute("transB", true));
                break;
        }
    }

    private void WriteConv(Node node, Conv conv, string[] inputs, string output) => writer.Add(
        "Conv", node.Name, inputs, [output],
        Attribute("kernel_shape", node.Inputs[1]!.Info.KnownShape.ToArray()[2..]), Attribute("strides", conv.Strides), Attribute("pads", conv.Pads),
        Attribute("dilations", conv.Dilations), Attribute("group", conv.Group));

    private bool WriteProduct(Node node, string[] inputs, string[] outputs)
    {
        switch (node.Operator)
        {
            case Conv { Activation.Kind: ActivationKind.None } conv when inputs.Length <= 3:
                WriteConv(node, conv, inputs, outputs[0]);
                return true;
            case Gemm { Activation.Kind: ActivationKind.None } gemm:
                writer.Add(
                    "Gemm", node.Name, inputs, outputs,
                    Attribute("alpha", gemm.Alpha), Attribute("beta", gemm.Beta), Attribute("transA", gemm.TransA), Attribute("transB", gemm.TransB));
                return true;
            case MatMul { Activation.Kind: ActivationKind.None }:
                writer.Add("MatMul", node.Name, inputs, outputs);
                return true;
            case ConvTranspose { Activation.Kind: ActivationKind.None } conv when inputs.Length <= 3:
                writer.Add(
                    "ConvTranspose", node.Name, inputs, outputs,
                    Attribute("kernel_shape", node.Inputs[1]!.Info.KnownShape.ToArray()[2..]), Attribute("strides", conv.Strides), Attribute("pads", conv.Pads),
                    Attribute("dilations", conv.Dilations), Attribute("output_padding", conv.OutputPadding), Attribute("group", conv.Group));
                return true;
            default:
                return false;
        }
    }

    private bool WriteFunction(Node node, string[] inputs, string[] outputs)
    {
        switch (node.Operator)
        {
            case Unary unary:
                WriteUnary(node, unary, inputs[0], outputs);
                return true;
            case Binary { Activation.Kind: ActivationKind.None } binary:
                writer.Add(binary.Kind, node.Name, inputs, outputs);
                return true;
            case Cast cast:
                writer.Add("Cast", node.Name, inputs, outputs, Attribute("to", TypeNumber(cast.To)));
                return true;
            case Softmax softmax:
                WriteSoftmax(node, softmax, inputs, outputs);
                return true;
            case Reduce reduce:
                writer.Add(
                    reduce.Kind, node.Name, [inputs[0], writer.Longs($"{node.Name} axes", reduce.Axes)], outputs,
                    Attribute("keepdims", reduce.KeepDims), Attribute("noop_with_empty_axes", true));
                return true;
            case BatchNorm { Training: false, Activation.Kind: ActivationKind.None } norm:
                writer.Add("BatchNormalization", node.Name, inputs, outputs, Attribute("epsilon", norm.Epsilon));
                return true;
            case GroupNorm norm when norm.Groups == node.Inputs[0]!.Info.KnownShape[1]:
                writer.Add("InstanceNormalization", node.Name, inputs, outputs, Attribute("epsilon", norm.Epsilon));
                return true;
            case LocalResponseNorm norm:
                writer.Add(
                    "LRN", node.Name, inputs, outputs,
                    Attribute("size", norm.Size), Attribute("alpha", norm.Alpha), Attribute("beta", norm.Beta), Attribute("bias", norm.Bias));
                return true;
            default:
                return false;
        }
    }

    private void WriteSoftmax(Node node, Softmax softmax, string[] inputs, string[] outputs)
    {
        Shape shape = node.Outputs[0].Info.KnownShape;
        if (!softmax.Flatten || softmax.Axis == shape.Rank - 1)
        {
            writer.Add(softmax.Kind, node.Name, inputs, outputs, Attribute("axis", softmax.Axis));
            return;
        }
        // The axis and all behind it as one: what the operator was before operator set 13.
        string rows = writer.Longs($"{node.Name} rows", [(int)shape.CountRange(0, softmax.Axis), (int)shape.CountRange(softmax.Axis, shape.Rank)]);
        string flat = writer.Add("Reshape", $"{node.Name} flat", [inputs[0], rows]);
        string result = writer.Add(softmax.Kind, $"{node.Name} of rows", [flat], Attribute("axis", 1L));
        writer.Add("Reshape", node.Name, [result, writer.Longs($"{node.Name} dims", shape.ToArray())], outputs);
    }

    private void WriteUnary(Node node, Unary unary, string input, string[] outputs)
    {
        switch (unary.Kind)
        {
            case "Clip":
                writer.Add("Clip", node.Name, [input, writer.Float($"{node.Name} least", unary.Alpha), writer.Float($"{node.Name} most", unary.Beta)], outputs);
                break;
            case "Silu":
                // ONNX has it since operator set 24 only.
                string scaled = unary.Alpha == 1 ? input : writer.Add("Mul", $"{node.Name} scaled", [input, writer.Float($"{node.Name} alpha", unary.Alpha)]);
                writer.Add("Mul", node.Name, [input, writer.Add("Sigmoid", $"{node.Name} sigmoid", [scaled])], outputs);
                break;
            case "GeluTanh":
                writer.Add("Gelu", node.Name, [input], outputs, Attribute("approximate", "tanh"));
                break;
            case "IsInf":
                writer.Add("IsInf", node.Name, [input], outputs, Attribute("detect_positive", (long)unary.Alpha), Attribute("detect_negative", (long)unary.Beta));
                break;
            default:
                NodeProto added = writer.Add(unary.Kind, node.Name, [input], outputs);
                if (Parameters.TryGetValue(unary.Kind, out (string Alpha, string? Beta) names))
                {
                    added.Attribute.Add(Attribute(names.Alpha, unary.Alpha));
                    if (names.Beta is { } beta)
                    {
                        added.Attribute.Add(Attribute(beta, unary.Beta));
                    }
                }
                break;
        }
    }

    private bool WriteWindow(Node node, string[] inputs, string[] outputs)
    {
        switch (node.Operator)
        {
            case MaxPool pool:
                WritePool(node, pool, inputs, outputs).Attribute.Add(Attribute("storage_order", pool.StorageOrder));
                return true;
            case AveragePool pool:
                WritePool(node, pool, inputs, outputs).Attribute.Add(Attribute("count_include_pad", pool.CountIncludePad));
                return true;
            case GlobalAveragePool or GlobalMaxPool:
                writer.Add(node.Operator.Kind, node.Name, inputs, outputs);
                return true;
            default:
                return false;
        }
    }

    private NodeProto WritePool(Node node, PoolOperator pool, string[] inputs, string[] outputs)
    {
        NodeProto added = writer.Add(
            node.Operator.Kind, node.Name, inputs, outputs,
            Attribute("kernel_shape", pool.Kernel), Attribute("strides", pool.Strides), Attribute("pads", pool.Pads), Attribute("ceil_mode", pool.CeilMode));
        // ONNX Runtime's QLinearAveragePool, which it makes of the pairs, has no dilations.
        if (pool.Dilations.Any(d => d != 1))
        {
            added.Attribute.Add(Attribute("dilations", pool.Dilations));
        }
        return added;
    }
}
