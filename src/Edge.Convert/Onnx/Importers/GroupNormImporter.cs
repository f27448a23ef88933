using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// GroupNormalization, whose scale and bias are per group in operator set 18 and per channel since 21, and
/// InstanceNormalization, which is one group per channel.
/// </summary>
internal static class GroupNormImporter
{
    public static Value[] Group(ImportContext context)
    {
        _ = context.Node.Int("stash_type", 1); // statistics are computed in float32 or better
        if (!context.Node.Has("num_groups"))
        {
            throw context.Node.Missing("num_groups");
        }
        return Add(context, context.Node.Int("num_groups", 1, 1, int.MaxValue));
    }

    public static Value[] Instance(ImportContext context) => context.Shape(0).Rank > 1
        ? Add(context, Math.Max(1, context.Shape(0)[1]))
        : throw context.Node.Unsupported($"the input has shape {context.Shape(0)}, expected (N,C,...)");

    private static Value[] Add(ImportContext context, int groups)
    {
        var op = new GroupNorm { Groups = groups, Epsilon = context.Node.Float("epsilon", 1e-5f) };
        return [context.Add(op, context.Input(0), context.Input(1), context.Input(2))];
    }
}
