using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Turns what dynamic quantization elsewhere writes, DynamicQuantizeLinear, ConvInteger or MatMulInteger, Cast, and Mul by the product of both scales, with the Add of a
/// bias, into one product that quantizes its input in the run.
/// </summary>
internal sealed class FuseDynamicProduct : IPass
{
    public string Name => nameof(FuseDynamicProduct);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk().Where(n => n.Operator is ConvInteger or MatMulInteger))
        {
            fused += Fuse(graph, node, log) ? 1 : 0;
        }
        return fused;
    }

    private static bool Fuse(Graph graph, Node node, PassLog log)
    {
        if (node.ProducerOf<DynamicQuantizeLinear>(0) is not { } quantize || node.Input(0) != quantize.Outputs[0])
        {
            return false;
        }
        if (WhyNot(graph, node, quantize, out Node? cast, out Node? scale) is { } reason)
        {
            log.Skipped(node, reason);
            return false;
        }
        Node multiply = cast!.Outputs[0].Consumers[0];
        (Tensor weights, int behind) = Weights(node);
        int channels = weights.Shape[0];
        Value? constant = scale!.Inputs.FirstOrDefault(v => v is { IsConstant: true });
        if (ProductBias.PerChannel(constant, channels, behind) is not { } scales || Array.Exists(scales, s => !float.IsFinite(s) || s < 0) || multiply.Outputs[0].Info.Shape != node.Outputs[0].Info.Shape)
        {
            log.Skipped(node, $"{multiply.Place} multiplies by other than a scale per output channel");
            return false;
        }
        Activation activation = ((Binary)multiply.Operator).Activation;
        (Node? add, float[]? bias) = activation.Kind == ActivationKind.None ? ProductBias.Find(graph, multiply.Outputs[0], channels, behind) : default;
        activation = add?.Operator is Binary sum ? sum.Activation : activation;
        if (!DynamicConv.CanApply(activation))
        {
            log.Skipped(node, $"{activation} is no limit");
            return false;
        }
        List<Value?> inputs = [quantize.Input(0), graph.AddConstant($"{node.Name} w", weights), graph.AddConstant($"{node.Name} s", Tensor.FromVector<float>(scales))];
        if (bias is not null)
        {
            inputs.Add(graph.AddConstant($"{node.Name} b", Tensor.FromVector<float>(bias)));
        }
        Node[] chain = add is null ? [quantize, scale, node, cast, multiply] : [quantize, scale, node, cast, multiply, add];
        graph.Fuse(log, node.Name, OperatorOf(node.Operator, activation), inputs, chain);
        return true;
    }

    private static DynamicConv OperatorOf(Operator op, Activation activation) => op is ConvInteger conv
        ? new DynamicConv { Strides = conv.Strides, Pads = conv.Pads, Dilations = conv.Dilations, Group = conv.Group, Activation = activation }
        : DynamicConv.Product(activation);

    /// <summary>Why the pattern is not there; else the cast of the sums, and the product of the scales.</summary>
    private static string? WhyNot(Graph graph, Node node, Node quantize, out Node? cast, out Node? scale)
    {
        (cast, scale) = (null, null);
        if (node.Input(2) != quantize.Outputs[2])
        {
            return "its zero point is another one than that of its input";
        }
        if (node.Input(1)?.Constant is not { } weights || (node.Operator is MatMulInteger && weights.Shape.Rank != 2))
        {
            return "its weights are no constant, or no matrix";
        }
        // u8 less 128 is s8; another zero point would have to be taken off every sum.
        int zero = weights.Type == DataType.U8 ? 128 : 0;
        if (node.Input(3) is { } zeros ? zeros.Constant is not { } numbers || numbers.ToDouble().Any(z => z != zero) : zero != 0)
        {
            return $"the zero point of its {weights.Type.Name()} weights is not {zero}";
        }
        string? shared = graph.WhyNotPrivate(node.Outputs[0]);
        if (shared is not null || node.Outputs[0].Consumers[0] is not { Operator: Cast { To: DataType.F32 } } found)
        {
            return shared ?? "its sums do not become float32";
        }
        cast = found;
        shared = graph.WhyNotPrivate(cast.Outputs[0]);
        if (shared is not null || cast.Outputs[0].Consumers[0] is not { Operator: Binary { Kind: "Mul" } } multiply)
        {
            return shared ?? "its sums are not scaled";
        }
        scale = multiply.ProducerOf<Binary>(multiply.Input(0) == cast.Outputs[0] ? 1 : 0);
        bool isBoth = scale is { Operator: Binary { Activation.Kind: ActivationKind.None } } && scale.IsPlain("Mul") && scale.Inputs.Contains(quantize.Outputs[1]);
        return isBoth ? null : "its sums are not scaled by its input's scale and a constant";
    }

    /// <summary>Weights as rows of output channels in s8, and how many axes of the result lie behind that of the channels.</summary>
    private static (Tensor Weights, int Behind) Weights(Node node)
    {
        Tensor weights = node.Input(1)!.Constant!;
        Shape shape = weights.Shape;
        int offset = weights.Type == DataType.U8 ? 128 : 0;
        bool isMatrix = node.Operator is MatMulInteger;
        (int rows, int row) = isMatrix ? (shape[1], shape[0]) : (shape[0], (int)shape.CountRange(1, shape.Rank));
        ReadOnlySpan<byte> source = weights.ByteSpan();
        var integers = new sbyte[source.Length];
        for (int i = 0; i < integers.Length; i++)
        {
            byte bits = source[isMatrix ? (i % row * rows) + (i / row) : i];
            integers[i] = (sbyte)(offset == 0 ? (sbyte)bits : bits - offset);
        }
        return (Tensor.From<sbyte>(isMatrix ? new Shape(rows, row) : shape, integers), isMatrix ? 0 : shape.Rank - 2);
    }
}
