using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>output[i] = f(input[i]) for <paramref name="Count"/> elements of one type.</summary>
/// <param name="Alpha">First parameter of the function; see the function's own file.</param>
/// <param name="Beta">Second parameter.</param>
public sealed record UnaryProblem(DataType Type, long Count, float Alpha = 0, float Beta = 0);
