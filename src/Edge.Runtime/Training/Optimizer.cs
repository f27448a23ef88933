using System.Numerics;
using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Training;

/// <summary>
/// Changes weights by their gradients and keeps what the method remembers between steps. Single-threaded and in a fixed order:
/// the same gradients give the same weights to the bit.
/// </summary>
public sealed class Optimizer
{
    private readonly OptimizerOptions _options;
    private readonly float[][] _first;
    private readonly float[][] _second;
    private int _steps;

    /// <param name="sizes">Number of weights of each parameter.</param>
    /// <exception cref="EdgeException">A constant is out of range.</exception>
    public Optimizer(OptimizerOptions options, IReadOnlyList<int> sizes)
    {
        Check(options);
        _options = options;
        bool usesFirst = options.Kind is OptimizerKind.Momentum or OptimizerKind.Nesterov or OptimizerKind.Adam or OptimizerKind.AdamW;
        bool usesSecond = options.Kind is OptimizerKind.RmsProp or OptimizerKind.Adam or OptimizerKind.AdamW;
        _first = [.. sizes.Select(s => usesFirst ? new float[s] : [])];
        _second = [.. sizes.Select(s => usesSecond ? new float[s] : [])];
    }

    /// <summary>Bytes that the method remembers for each weight.</summary>
    public static int StateBytesPerWeight(OptimizerKind kind) => kind switch
    {
        OptimizerKind.Sgd => 0,
        OptimizerKind.Adam or OptimizerKind.AdamW => 2 * sizeof(float),
        _ => sizeof(float),
    };

    /// <summary>Starts a step: the next <see cref="Update"/> calls belong together.</summary>
    public void BeginStep() => _steps++;

    /// <summary>Changes the weights of parameter <paramref name="index"/>.</summary>
    /// <param name="gradients">Of the same length; overwritten.</param>
    /// <param name="rate">Learning rate of this step.</param>
    /// <param name="scale">The gradients are multiplied by it first: clipping.</param>
    public void Update(int index, Span<float> weights, Span<float> gradients, float rate, float scale = 1)
    {
        float decay = _options.Kind == OptimizerKind.AdamW ? 0 : _options.L2;
        Regularize(weights, gradients, scale, decay, _options.L1);
        switch (_options.Kind)
        {
            case OptimizerKind.Sgd:
                Axpy(weights, gradients, -rate);
                break;
            case OptimizerKind.Momentum or OptimizerKind.Nesterov:
                Accelerate(weights, gradients, _first[index], rate);
                break;
            case OptimizerKind.RmsProp:
                Normalize(weights, gradients, _second[index], rate);
                break;
            default:
                Adapt(weights, gradients, _first[index], _second[index], rate);
                break;
        }
    }

    private static void Check(OptimizerOptions options)
    {
        Require(options.Rate > 0 && float.IsFinite(options.Rate), "the learning rate", options.Rate, "a finite number above 0");
        foreach ((string name, float value) in new[] { ("momentum", options.Momentum), ("alpha", options.Alpha), ("beta1", options.Beta1), ("beta2", options.Beta2) })
        {
            Require(value is >= 0 and < 1, name, value, "0 to below 1");
        }
        foreach ((string name, float value) in new[] { ("epsilon", options.Epsilon), ("l1", options.L1), ("l2", options.L2), ("the clipping norm", options.ClipNorm) })
        {
            Require(value >= 0 && float.IsFinite(value), name, value, "a finite number of at least 0");
        }
    }

    private static void Require(bool condition, string name, float value, string rule)
    {
        if (!condition)
        {
            throw new EdgeException(EdgeError.BadOption, FormattableString.Invariant($"{name} is {value}, expected {rule}"));
        }
    }

    /// <summary>g = scale * g + l2 * w + l1 * sign(w)</summary>
    private static void Regularize(Span<float> weights, Span<float> gradients, float scale, float l2, float l1)
    {
        if (scale == 1 && l2 == 0 && l1 == 0)
        {
            return;
        }
        for (int i = 0; i < weights.Length; i++)
        {
            gradients[i] = (scale * gradients[i]) + (l2 * weights[i]) + (l1 * MathF.Sign(weights[i]));
        }
    }

    /// <summary>w += factor * g</summary>
    private static void Axpy(Span<float> weights, ReadOnlySpan<float> gradients, float factor)
    {
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        ReadOnlySpan<Vector<float>> g = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        for (int i = 0; i < w.Length; i++)
        {
            w[i] += factor * g[i];
        }
        for (int i = w.Length * Vector<float>.Count; i < weights.Length; i++)
        {
            weights[i] += factor * gradients[i];
        }
    }

    private void Accelerate(Span<float> weights, Span<float> gradients, Span<float> velocity, float rate)
    {
        float momentum = _options.Momentum;
        bool looksAhead = _options.Kind == OptimizerKind.Nesterov;
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Span<Vector<float>> g = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        Span<Vector<float>> v = MemoryMarshal.Cast<float, Vector<float>>(velocity);
        for (int i = 0; i < w.Length; i++)
        {
            v[i] = (momentum * v[i]) + g[i];
            w[i] -= rate * (looksAhead ? g[i] + (momentum * v[i]) : v[i]);
        }
        for (int i = w.Length * Vector<float>.Count; i < weights.Length; i++)
        {
            velocity[i] = (momentum * velocity[i]) + gradients[i];
            weights[i] -= rate * (looksAhead ? gradients[i] + (momentum * velocity[i]) : velocity[i]);
        }
    }

    private void Normalize(Span<float> weights, Span<float> gradients, Span<float> squares, float rate)
    {
        float alpha = _options.Alpha;
        var epsilon = new Vector<float>(_options.Epsilon);
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Span<Vector<float>> g = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        Span<Vector<float>> s = MemoryMarshal.Cast<float, Vector<float>>(squares);
        for (int i = 0; i < w.Length; i++)
        {
            s[i] = (alpha * s[i]) + ((1 - alpha) * g[i] * g[i]);
            w[i] -= rate * g[i] / (Vector.SquareRoot(s[i]) + epsilon);
        }
        for (int i = w.Length * Vector<float>.Count; i < weights.Length; i++)
        {
            squares[i] = (alpha * squares[i]) + ((1 - alpha) * gradients[i] * gradients[i]);
            weights[i] -= rate * gradients[i] / (MathF.Sqrt(squares[i]) + _options.Epsilon);
        }
    }

    private void Adapt(Span<float> weights, Span<float> gradients, Span<float> means, Span<float> squares, float rate)
    {
        (float beta1, float beta2) = (_options.Beta1, _options.Beta2);
        float step = (float)(rate / (1 - Math.Pow(beta1, _steps)));
        float root = (float)Math.Sqrt(1 - Math.Pow(beta2, _steps));
        float kept = _options.Kind == OptimizerKind.AdamW ? 1 - (rate * _options.L2) : 1;
        var epsilon = new Vector<float>(_options.Epsilon);
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Span<Vector<float>> g = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        Span<Vector<float>> m = MemoryMarshal.Cast<float, Vector<float>>(means);
        Span<Vector<float>> s = MemoryMarshal.Cast<float, Vector<float>>(squares);
        for (int i = 0; i < w.Length; i++)
        {
            m[i] = (beta1 * m[i]) + ((1 - beta1) * g[i]);
            s[i] = (beta2 * s[i]) + ((1 - beta2) * g[i] * g[i]);
            w[i] = (kept * w[i]) - (step * m[i] / ((Vector.SquareRoot(s[i]) / new Vector<float>(root)) + epsilon));
        }
        for (int i = w.Length * Vector<float>.Count; i < weights.Length; i++)
        {
            means[i] = (beta1 * means[i]) + ((1 - beta1) * gradients[i]);
            squares[i] = (beta2 * squares[i]) + ((1 - beta2) * gradients[i] * gradients[i]);
            weights[i] = (kept * weights[i]) - (step * means[i] / ((MathF.Sqrt(squares[i]) / root) + _options.Epsilon));
        }
    }
}
