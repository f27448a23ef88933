using Edge.Kernels.Tensors;

namespace Edge.Convert.Onnx;

/// <summary>What the user fixes about a model's inputs.</summary>
public sealed record ImportOptions
{
    /// <summary>Shapes by input name (--input-shape).</summary>
    public IReadOnlyDictionary<string, Shape> InputShapes { get; init; } = new Dictionary<string, Shape>();

    /// <summary>Inputs that become constants (--constant).</summary>
    public IReadOnlyDictionary<string, Tensor> Constants { get; init; } = new Dictionary<string, Tensor>();
}
