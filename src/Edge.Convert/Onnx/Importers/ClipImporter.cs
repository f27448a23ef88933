using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Clip: bounds are attributes before operator set 11 and optional scalar inputs since. Constant bounds that float32 holds
/// exactly become one unary function; others become Max and Min.
/// </summary>
internal static class ClipImporter
{
    public static Value[] Import(ImportContext context)
    {
        if (context.Opset < 11)
        {
            return [Fused(context, context.Node.Float("min", float.NegativeInfinity), context.Node.Float("max", float.PositiveInfinity))];
        }
        return TryBound(context, 1, float.NegativeInfinity, out float low) && TryBound(context, 2, float.PositiveInfinity, out float high)
            ? [Fused(context, low, high)]
            : [Bounded(context)];
    }

    private static Value Fused(ImportContext context, float low, float high) =>
        context.Add(new Unary("Clip") { Alpha = low, Beta = high }, context.Input(0));

    private static Value Bounded(ImportContext context)
    {
        Value result = context.Input(0);
        if (context.Has(1))
        {
            result = context.Add(new Binary("Max"), result, context.Input(1));
        }
        return context.Has(2) ? context.Add(new Binary("Min"), result, context.Input(2)) : result;
    }

    /// <summary>Whether a bound is absent, or a constant scalar that float32 holds exactly.</summary>
    private static bool TryBound(ImportContext context, int index, float absent, out float bound)
    {
        bound = absent;
        if (!context.Has(index))
        {
            return true;
        }
        if (context.Input(index).Constant is not { Count: 1 } constant)
        {
            return false;
        }
        double exact = constant.ToDouble()[0];
        bound = (float)exact;
        // A 64-bit integer may already have been rounded on its way to double: integers count as exact within 2^24 only.
        return constant.Type.IsInteger() ? Math.Abs(exact) <= 1 << 24 : exact.Equals(bound);
    }
}
