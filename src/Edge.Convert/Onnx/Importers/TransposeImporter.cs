using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Transpose: without <c>perm</c> the axes are reversed.</summary>
internal static class TransposeImporter
{
    public static Value[] Import(ImportContext context)
    {
        int rank = context.Shape(0).Rank;
        int[] permutation = context.Node.Ints("perm") ?? [.. Enumerable.Range(0, rank).Reverse()];
        return [context.Add(new Transpose { Permutation = permutation }, context.Input(0))];
    }
}
