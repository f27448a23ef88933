using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>output = f(a, b), element by element, with NumPy broadcasting of the two shapes.</summary>
/// <param name="Type">Element type of both inputs.</param>
/// <param name="Activation">Applied to the result; float32 only.</param>
public sealed record BinaryProblem(DataType Type, Shape A, Shape B, Activation Activation = default)
{
    public Shape Output => Broadcast.TryCombine(A, B) ?? throw new ArgumentException($"{A} and {B} do not broadcast");
}
