namespace Edge.Kernels.Elementwise;

/// <summary>Activations that convolution, GEMM and elementwise kernels can apply to their result. The numbers are persisted: they may only grow.</summary>
public enum ActivationKind : byte
{
    None = 0,

    /// <summary>max(x, 0)</summary>
    Relu = 1,

    /// <summary>x if x >= 0, else alpha * x</summary>
    LeakyRelu = 2,

    /// <summary>min(max(x, alpha), beta)</summary>
    Clip = 3,

    /// <summary>1 / (1 + exp(-x))</summary>
    Sigmoid = 4,

    /// <summary>tanh(x)</summary>
    Tanh = 5,

    /// <summary>x * max(0, min(1, x / 6 + 0.5))</summary>
    HardSwish = 6,

    /// <summary>max(0, min(1, alpha * x + beta))</summary>
    HardSigmoid = 7,

    /// <summary>x * sigmoid(x), also called Swish</summary>
    Silu = 8,
}

/// <summary>An activation with its parameters, as fused into a kernel's epilogue.</summary>
/// <param name="Alpha">First parameter of the formula; see <see cref="ActivationKind"/>.</param>
/// <param name="Beta">Second parameter.</param>
public readonly record struct Activation(ActivationKind Kind, float Alpha = 0, float Beta = 0)
{
    public static readonly Activation None = default;

    /// <summary>The formula in double precision: the reference for every other row.</summary>
    public double Apply(double x) => Kind switch
    {
        ActivationKind.Relu => Math.Max(x, 0),
        ActivationKind.LeakyRelu => x >= 0 ? x : Alpha * x,
        ActivationKind.Clip => Math.Min(Math.Max(x, Alpha), Beta),
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.HardSwish => x * Math.Max(0, Math.Min(1, (x / 6) + 0.5)),
        ActivationKind.HardSigmoid => Math.Max(0, Math.Min(1, (Alpha * x) + Beta)),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        _ => x,
    };

    /// <summary>
    /// Applies the activation to <paramref name="count"/> values in place, for epilogues that have no lane formula of their
    /// own: the formula of the unary function over the widest lanes of the processor.
    /// </summary>
    public unsafe void ApplyInPlace(float* values, long count)
    {
        if (Kind != ActivationKind.None)
        {
            // Silu is fused with its usual steepness only.
            UnaryFunctions.LoopOf(Kind)(values, values, count, Kind == ActivationKind.Silu ? 1f : Alpha, Beta);
        }
    }

    public override string ToString() => Kind switch
    {
        ActivationKind.None => "none",
        ActivationKind.LeakyRelu => FormattableString.Invariant($"LeakyRelu({Alpha:R})"),
        ActivationKind.Clip or ActivationKind.HardSigmoid => FormattableString.Invariant($"{Kind}({Alpha:R},{Beta:R})"),
        _ => Kind.ToString(),
    };
}
