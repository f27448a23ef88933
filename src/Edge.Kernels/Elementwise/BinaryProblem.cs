using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>output = f(a, b), element by element, with NumPy broadcasting of the two shapes.</summary>
/// <param name="Type">Element type of both inputs.</param>
/// <param name="Activation">Applied to the result; float32 only.</param>
/// <param name="LayoutA">Layout of a; one in blocks has the shape of the output.</param>
/// <param name="LayoutB">Layout of b.</param>
public sealed record BinaryProblem(
    DataType Type, Shape A, Shape B, Activation Activation = default, Layout LayoutA = Layout.Planar, Layout LayoutB = Layout.Planar)
{
    public Shape Output => Broadcast.TryCombine(A, B) ?? throw new ArgumentException($"{A} and {B} do not broadcast");

    /// <summary>Layout of the output: in blocks where an operand is.</summary>
    public Layout Layout => LayoutA == Layout.Planar ? LayoutB : LayoutA;
}
