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
        bound = (float)constant.ToDouble()[0];
        return IsExact(constant, bound);
    }

    /// <summary>64-bit integers pass through double, which is exact up to 2^53 only: larger bounds count as exact only within 2^24.</summary>
    private static bool IsExact(Tensor constant, float bound) => constant.Type.IsInteger()
        ? Math.Abs(bound) <= 1 << 24
        : bound.Equals((float)constant.ToDouble()[0]) && (constant.Type != DataType.F64 || constant.ToDouble()[0].Equals(bound));
}
