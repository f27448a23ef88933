using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Normalizations that are one operator, or spelled out in others.</summary>
internal static class NormImporter
{
    /// <summary>LRN.</summary>
    public static Value[] LocalResponse(ImportContext context)
    {
        if (!context.Node.Has("size"))
        {
            throw context.Node.Missing("size");
        }
        return
        [
            context.Add(
                new LocalResponseNorm
                {
                    Size = context.Node.Int("size", 1, 1, int.MaxValue),
                    Alpha = context.Node.Float("alpha", 1e-4f),
                    Beta = context.Node.Float("beta", 0.75f),
                    Bias = context.Node.Float("bias", 1),
                },
                context.Input(0)),
        ];
    }

    /// <summary>LpNormalization: x / norm, with the L1 or L2 norm along an axis; lines of zeros stay zero.</summary>
    public static Value[] Lp(ImportContext context)
    {
        Value x = context.Input(0);
        int p = context.Node.Int("p", 2, 1, 2);
        Value norm = context.Add(new Reduce($"L{p}") { Axes = [ImportAxes.Attribute(context, -1)] }, x);
        Value zero = BinaryImporter.Scalar(context, x.Info.Type, 0);
        Value isZero = context.Add(new Binary("Equal"), norm, zero);
        Value divisor = context.Add(new Where(), isZero, BinaryImporter.Scalar(context, x.Info.Type, 1), norm);
        return [context.Add(new Binary("Div"), x, divisor)];
    }

    /// <summary>MeanVarianceNormalization: (x - mean) / (sqrt(variance) + 1e-9) over some axes.</summary>
    public static Value[] MeanVariance(ImportContext context)
    {
        Value x = context.Input(0);
        long[] given = context.Node.Longs("axes") ?? [0, 2, 3];
        int[] axes = ImportAxes.Absolute(context, given, context.Shape(0).Rank);
        Value mean = context.Add(new Reduce("Mean") { Axes = axes }, x);
        Value centered = context.Add(new Binary("Sub"), x, mean);
        Value square = context.Add(new Binary("Mul"), centered, centered);
        Value deviation = context.Add(new Unary("Sqrt"), context.Add(new Reduce("Mean") { Axes = axes }, square));
        Value divisor = context.Add(new Binary("Add"), deviation, BinaryImporter.Scalar(context, x.Info.Type, 1e-9));
        return [context.Add(new Binary("Div"), centered, divisor)];
    }
}
