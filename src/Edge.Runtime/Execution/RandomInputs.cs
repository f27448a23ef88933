using Edge.Kernels.Tensors;
using Edge.Runtime.Format;

namespace Edge.Runtime.Execution;

/// <summary>Input tensors of made-up content that depend on the seed alone, on every machine: <see cref="GeneratedValues"/> in [-1, 1).</summary>
public static class RandomInputs
{
    /// <param name="info">Known type and shape.</param>
    public static Tensor Create(TensorInfo info, ulong seed) => new GeneratedValues(seed).Create(info);

    /// <summary>Inputs to try a model on: those of its first golden sample, or made-up ones where it has none.</summary>
    public static IReadOnlyList<Tensor> For(EdgeModel model) =>
        model.File.Goldens is [{ } golden, ..] ? golden.InputValues() : [.. model.Inputs.Select((v, i) => Create(v.Info, (ulong)i + 1))];
}
