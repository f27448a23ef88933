namespace Edge.Kernels.Elementwise;

/// <summary>Every unary function. A new one is its own file and one line here.</summary>
public static unsafe class UnaryFunctions
{
    public static readonly UnaryFunction[] All =
    [
        UnaryFunction.Number<Abs>().WithSlope<Abs>(),
        UnaryFunction.Number<Neg>().WithSlope<Neg>(),
        UnaryFunction.Float<Ceil>(),
        UnaryFunction.Float<Floor>(),
        UnaryFunction.Float<Round>(),
        UnaryFunction.Float<Sqrt>().WithSlope<Sqrt>(),
        UnaryFunction.Float<Reciprocal>().WithSlope<Reciprocal>(),
        UnaryFunction.Float<Exp>().WithSlope<Exp>(),
        UnaryFunction.Float<Log>().WithSlope<Log>(),
        UnaryFunction.Float<Erf>().WithSlope<Erf>(),
        UnaryFunction.Number<Sign>(),
        UnaryFunction.Scalar<Sin>(),
        UnaryFunction.Scalar<Cos>(),
        UnaryFunction.Scalar<Tan>(),
        UnaryFunction.Scalar<Asin>(),
        UnaryFunction.Scalar<Acos>(),
        UnaryFunction.Scalar<Atan>(),
        UnaryFunction.Scalar<Sinh>(),
        UnaryFunction.Scalar<Cosh>(),
        UnaryFunction.Scalar<Asinh>(),
        UnaryFunction.Scalar<Acosh>(),
        UnaryFunction.Scalar<Atanh>(),
        UnaryFunction.Number<Relu>().WithSlope<Relu>(),
        UnaryFunction.Float<LeakyRelu>().WithSlope<LeakyRelu>(),
        UnaryFunction.Float<Elu>().WithSlope<Elu>(),
        UnaryFunction.Float<Selu>().WithSlope<Selu>(),
        UnaryFunction.Float<Celu>().WithSlope<Celu>(),
        UnaryFunction.Float<ThresholdedRelu>().WithSlope<ThresholdedRelu>(),
        UnaryFunction.Float<Sigmoid>().WithSlope<Sigmoid>(),
        UnaryFunction.Float<HardSigmoid>().WithSlope<HardSigmoid>(),
        UnaryFunction.Float<Tanh>().WithSlope<Tanh>(),
        UnaryFunction.Float<Softplus>().WithSlope<Softplus>(),
        UnaryFunction.Float<Softsign>().WithSlope<Softsign>(),
        UnaryFunction.Float<HardSwish>().WithSlope<HardSwish>(),
        UnaryFunction.Float<Silu>().WithSlope<Silu>(),
        UnaryFunction.Float<Mish>().WithSlope<Mish>(),
        UnaryFunction.Float<Gelu>().WithSlope<Gelu>(),
        UnaryFunction.Float<GeluTanh>().WithSlope<GeluTanh>(),
        UnaryFunction.Number<Shrink>().WithSlope<Shrink>(),
        UnaryFunction.Number<Clip>().WithSlope<Clip>(),
        UnaryFunction.Logical<Not>(),
        UnaryFunction.Integer<BitwiseNot>(),
        UnaryFunction.Predicate<IsNaN>(),
        UnaryFunction.Predicate<IsInf>(),
    ];

    private static readonly Dictionary<string, UnaryFunction> ByName = All.ToDictionary(f => f.Name, StringComparer.Ordinal);

    private static readonly delegate*<float*, float*, long, float, float, void>[] Loops = CollectLoops();

    /// <summary>The function called <paramref name="name"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static UnaryFunction Find(string name) => ByName[name];

    /// <summary>The traversal (source, target, count, alpha, beta) of a function that can be an activation.</summary>
    internal static delegate*<float*, float*, long, float, float, void> LoopOf(ActivationKind kind) => Loops[(int)kind];

    private static delegate*<float*, float*, long, float, float, void>[] CollectLoops()
    {
        var loops = new delegate*<float*, float*, long, float, float, void>[All.Max(f => (int)f.Activation) + 1];
        foreach (UnaryFunction function in All.Where(f => f.Activation != ActivationKind.None))
        {
            loops[(int)function.Activation] = function.Loop;
        }
        return loops;
    }
}
