namespace Edge.Runtime.Training;

/// <summary>How weights follow their gradients.</summary>
public enum OptimizerKind
{
    /// <summary>w -= rate * g.</summary>
    Sgd,

    /// <summary>v = momentum * v + g; w -= rate * v.</summary>
    Momentum,

    /// <summary>v = momentum * v + g; w -= rate * (g + momentum * v) (Sutskever et al., 2013, as PyTorch writes it).</summary>
    Nesterov,

    /// <summary>s = alpha * s + (1 - alpha) * g^2; w -= rate * g / (sqrt(s) + epsilon) (Hinton, 2012).</summary>
    RmsProp,

    /// <summary>Kingma and Ba, "Adam", 2015, algorithm 1, with bias correction; weight decay is added to the gradient.</summary>
    Adam,

    /// <summary>Adam with the weight decay applied to the weights (Loshchilov and Hutter, 2019, algorithm 2).</summary>
    AdamW,
}

/// <summary>The optimizer and its constants. The defaults are PyTorch's.</summary>
public sealed record OptimizerOptions
{
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adam;

    /// <summary>Learning rate, above 0.</summary>
    public float Rate { get; init; } = 1e-3f;

    /// <summary>Of <see cref="OptimizerKind.Momentum"/> and <see cref="OptimizerKind.Nesterov"/>, in [0, 1).</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Decay of the squared gradients of <see cref="OptimizerKind.RmsProp"/>, in [0, 1).</summary>
    public float Alpha { get; init; } = 0.99f;

    /// <summary>Decay of the mean gradient of Adam, in [0, 1).</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Decay of the mean squared gradient of Adam, in [0, 1).</summary>
    public float Beta2 { get; init; } = 0.999f;

    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>Strength of L2 regularisation: decay * w is added to the gradient (in AdamW, rate * decay * w is taken from w). Biases are regularised too.</summary>
    public float L2 { get; init; }

    /// <summary>Strength of L1 regularisation: l1 * sign(w) is added to the gradient. With <see cref="L2"/> it is the elastic net.</summary>
    public float L1 { get; init; }

    /// <summary>Gradients are scaled down so that the norm of all of them is at most this; 0 = never.</summary>
    public float ClipNorm { get; init; }
}
