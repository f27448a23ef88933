using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>Checks that gradient operators share, and rules that several operators have in common.</summary>
internal static class GradientRules
{
    /// <summary>A shape from an attribute.</summary>
    /// <exception cref="EdgeException">A dimension is negative.</exception>
    public static Shape Dims(int[] dims) => dims.All(d => d >= 0)
        ? new Shape(dims)
        : throw new EdgeException(EdgeError.BadAttribute, $"dims is [{string.Join(',', dims)}], each must be at least 0");

    /// <summary>There is no rule for this use of an operator.</summary>
    public static EdgeException Missing(string problem) =>
        new(EdgeError.NoGradient, problem, "train only layers behind this node");

    /// <summary>The norm, or a tiny number where it is 0, so that 0 / 0 becomes 0.</summary>
    public static Value Positive(GradientContext context, Value norm) => context.Add(new Binary("Max"), norm, context.Scalar(1e-37));

    /// <summary>The rule of a norm over sets: dx = sign(x) |x|^(p-1) * spread(dy / norm^(p-1)), for p of 1 or 2.</summary>
    /// <param name="spread">The adjoint of summing over the sets.</param>
    public static void Norm(GradientContext context, int p, Func<Value, Value> spread)
    {
        switch (p)
        {
            case 1:
                context.Give(0, context.Multiply(context.Add(new Unary("Sign"), context.Input(0)), spread(context.Gradient)));
                break;
            case 2:
                Value scaled = context.Add(new Binary("Div"), context.Gradient, Positive(context, context.Output()));
                context.Give(0, context.Multiply(context.Input(0), spread(scaled)));
                break;
            default:
                throw Missing($"the norm has p = {p}, gradients are known for 1 and 2");
        }
    }
}
