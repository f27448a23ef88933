using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Constant in all its forms.</summary>
internal static class ConstantImporter
{
    public static Value[] Import(ImportContext context)
    {
        OnnxNode node = context.Node;
        Tensor? tensor = node.Tensor("value")
            ?? (node.Has("value_float") ? Tensor.FromScalar(node.Float("value_float", 0)) : null)
            ?? (node.Has("value_int") ? Tensor.FromScalar(node.Int("value_int", 0)) : null)
            ?? (node.Floats("value_floats") is { } floats ? Tensor.FromVector<float>(floats) : null)
            ?? (node.Longs("value_ints") is { } integers ? Tensor.FromVector<long>(integers) : null);
        if (tensor is null && (node.Has("sparse_value") || node.Has("value_string") || node.Has("value_strings")))
        {
            throw node.Unsupported("the constant is sparse or text, only dense numbers are supported");
        }
        return [context.AddConstant(tensor ?? throw node.Missing("value"))];
    }
}
