namespace Edge.Kernels.Elementwise;

/// <summary>Every binary function. A new one is its own file and one line here.</summary>
public static class BinaryFunctions
{
    public static readonly BinaryFunction[] All =
    [
        BinaryFunction.Number<Add>(),
        BinaryFunction.Number<Sub>(),
        BinaryFunction.Number<Mul>(),
        BinaryFunction.Number<Div>(),
        BinaryFunction.Number<Max>(),
        BinaryFunction.Number<Min>(),
        BinaryFunction.Number<PRelu>(),
        BinaryFunction.Scalar<Pow>(),
        BinaryFunction.Scalar<Mod>(),
        BinaryFunction.Scalar<Fmod>(),
        BinaryFunction.Comparison<Equal>(),
        BinaryFunction.Comparison<Greater>(),
        BinaryFunction.Comparison<Less>(),
        BinaryFunction.Comparison<GreaterOrEqual>(),
        BinaryFunction.Comparison<LessOrEqual>(),
        BinaryFunction.Logical<And>(),
        BinaryFunction.Logical<Or>(),
        BinaryFunction.Logical<Xor>(),
        BinaryFunction.Bitwise<BitwiseAnd>(),
        BinaryFunction.Bitwise<BitwiseOr>(),
        BinaryFunction.Bitwise<BitwiseXor>(),
        BinaryFunction.Shift<ShiftLeft>(),
        BinaryFunction.Shift<ShiftRight>(),
    ];

    private static readonly Dictionary<string, BinaryFunction> ByName = All.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The function called <paramref name="name"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static BinaryFunction Find(string name) => ByName[name];
}
