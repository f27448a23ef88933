namespace Edge.Kernels.Recurrent;

/// <summary>Activations of recurrent cells. The numbers are persisted: they may only grow.</summary>
public enum CellActivationKind : byte
{
    /// <summary>1 / (1 + exp(-x))</summary>
    Sigmoid = 0,

    Tanh = 1,

    /// <summary>max(x, 0)</summary>
    Relu = 2,

    /// <summary>alpha * x + beta</summary>
    Affine = 3,

    /// <summary>x if x >= 0, else alpha * x</summary>
    LeakyRelu = 4,

    /// <summary>x if x >= alpha, else 0</summary>
    ThresholdedRelu = 5,

    /// <summary>alpha * tanh(beta * x)</summary>
    ScaledTanh = 6,

    /// <summary>max(0, min(1, alpha * x + beta))</summary>
    HardSigmoid = 7,

    /// <summary>x if x >= 0, else alpha * (exp(x) - 1)</summary>
    Elu = 8,

    /// <summary>x / (1 + |x|)</summary>
    Softsign = 9,

    /// <summary>log(1 + exp(x))</summary>
    Softplus = 10,
}

/// <summary>An activation with its parameters.</summary>
public readonly record struct CellActivation(CellActivationKind Kind, float Alpha = 0, float Beta = 0)
{
    public double Apply(double x) => Kind switch
    {
        CellActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        CellActivationKind.Tanh => Math.Tanh(x),
        CellActivationKind.Relu => Math.Max(x, 0),
        CellActivationKind.Affine => (Alpha * x) + Beta,
        CellActivationKind.LeakyRelu => x >= 0 ? x : Alpha * x,
        CellActivationKind.ThresholdedRelu => x >= Alpha ? x : 0,
        CellActivationKind.ScaledTanh => Alpha * Math.Tanh(Beta * x),
        CellActivationKind.HardSigmoid => Math.Max(0, Math.Min(1, (Alpha * x) + Beta)),
        CellActivationKind.Elu => x >= 0 ? x : Alpha * (Math.Exp(x) - 1),
        CellActivationKind.Softsign => x / (1 + Math.Abs(x)),
        CellActivationKind.Softplus => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))),
        _ => throw new ArgumentOutOfRangeException(nameof(x), Kind, "unknown activation"),
    };
}
