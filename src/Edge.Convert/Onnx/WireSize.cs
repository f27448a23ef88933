using Edge.Convert.Onnx.Wire;

namespace Edge.Convert.Onnx;

/// <summary>
/// About how many bytes pieces of a model take, to keep account of what inlining makes. Takes time in proportion to the number
/// of strings, not to the size of lists and tensors, so that counting is no burden itself.
/// </summary>
internal static class WireSize
{
    /// <summary>A node with everything in it.</summary>
    public static long Of(NodeProto node) => WithoutTensors(node) + node.Attribute.Sum(a => (a.T is { } t ? Of(t) : 0) + a.Tensors.Sum(Of));

    /// <summary>A node without the tensors among its attributes, which calls pass on by reference.</summary>
    public static long WithoutTensors(NodeProto node) => 32 + node.Name.Length + Of(node.Input) + Of(node.Output) + node.Attribute.Sum(WithoutTensors);

    /// <summary>A function with its body, without tensors.</summary>
    public static long WithoutTensors(FunctionProto function) =>
        32 + Of(function.Input) + Of(function.Output) + Of(function.Attribute) + function.AttributeProto.Sum(WithoutTensors) + function.Node.Sum(WithoutTensors);

    private static long WithoutTensors(AttributeProto attribute) =>
        32 + attribute.Name.Length + attribute.S.Length + (4L * attribute.Floats.Count) + (8L * attribute.Ints.Count) + attribute.Strings.Sum(s => 8L + s.Length);

    private static long Of(TensorProto tensor) =>
        tensor.RawData.Length + (4L * (tensor.FloatData.Count + tensor.Int32Data.Count)) + (8L * (tensor.Int64Data.Count + tensor.DoubleData.Count + tensor.Uint64Data.Count));

    private static long Of(IEnumerable<string> names) => names.Sum(n => 8L + n.Length);
}
