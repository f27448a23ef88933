using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>ONNX operators that are one unary function; float attributes become its parameters.</summary>
internal static class UnaryImporter
{
    /// <param name="function">Name of the function.</param>
    /// <param name="alpha">Attribute that is the first parameter; null where there is none.</param>
    /// <param name="beta">Attribute that is the second parameter.</param>
    public static Func<ImportContext, Value[]> Of(string function, string? alpha = null, string? beta = null)
    {
        UnaryFunction entry = UnaryFunctions.Find(function);
        return context => [context.Add(
            new Unary(entry)
            {
                Alpha = alpha is null ? entry.DefaultAlpha : context.Node.Float(alpha, entry.DefaultAlpha),
                Beta = beta is null ? entry.DefaultBeta : context.Node.Float(beta, entry.DefaultBeta),
            },
            context.Input(0))];
    }

    /// <summary>Gelu: approximate "none" or "tanh".</summary>
    public static Value[] Gelu(ImportContext context)
    {
        string approximate = context.Node.Choice("approximate", "none", "none", "tanh");
        return [context.Add(new Unary(approximate == "tanh" ? "GeluTanh" : "Gelu"), context.Input(0))];
    }

    /// <summary>IsInf: the flags detect_positive and detect_negative.</summary>
    public static Value[] IsInf(ImportContext context) =>
    [
        context.Add(
            new Unary("IsInf")
            {
                Alpha = context.Node.Flag("detect_positive", true) ? 1 : 0,
                Beta = context.Node.Flag("detect_negative", true) ? 1 : 0,
            },
            context.Input(0)),
    ];
}
