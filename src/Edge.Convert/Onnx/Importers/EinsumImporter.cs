using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Einsum: contractions of two float32 operands become a matrix product between transpositions and views, which is the fast
/// way; all others stay one operator.
/// </summary>
internal static class EinsumImporter
{
    public static Value[] Import(ImportContext context)
    {
        if (!context.Node.Has("equation"))
        {
            throw context.Node.Missing("equation");
        }
        string equation = context.Node.Text("equation", "");
        if (context.Inputs.Count > Limits.MaxRank)
        {
            throw context.Node.Unsupported($"{context.Inputs.Count} operands are given, at most {Limits.MaxRank} are supported");
        }
        Value product = Contraction.Find(context, equation)?.Add(context)
            ?? context.Add(new Einsum { Equation = equation }, context.Inputs);
        return [product];
    }

    /// <summary>A sum of products that is a matrix product.</summary>
    /// <param name="Labels">Labels of each operand's axes; see <see cref="EinsumTerms"/>.</param>
    /// <param name="Sizes">Size of each label.</param>
    /// <param name="Batch">Labels of both operands and the output.</param>
    /// <param name="Rows">Labels of the first operand and the output.</param>
    /// <param name="Columns">Labels of the second operand and the output.</param>
    /// <param name="Summed">Labels of both operands that the output has not got.</param>
    private sealed record Contraction(int[][] Labels, int[] Sizes, int[] Batch, int[] Rows, int[] Columns, int[] Summed)
    {
        /// <summary>The matrix product that <paramref name="equation"/> asks for, or null where it is something else.</summary>
        public static Contraction? Find(ImportContext context, string equation)
        {
            bool pair = context.Inputs.Count == 2 && context.Inputs.All(v => v is { Info: { Type: DataType.F32, IsKnown: true } });
            if (!pair)
            {
                return null;
            }
            Shape[] shapes = [context.Shape(0), context.Shape(1)];
            EinsumTerms terms = EinsumTerms.Parse(equation, shapes);
            int[] sizes = terms.Sizes(equation, shapes);
            (int[] a, int[] b) = (terms.Operands[0], terms.Operands[1]);
            int[] kept = [.. Enumerable.Range(0, terms.OutputCount)];
            int[] summed = [.. Enumerable.Range(terms.OutputCount, terms.LabelCount - terms.OutputCount)];
            bool plain = a.Distinct().Count() == a.Length && b.Distinct().Count() == b.Length
                && a.Select(l => sizes[l]).SequenceEqual(shapes[0].ToArray()) && b.Select(l => sizes[l]).SequenceEqual(shapes[1].ToArray())
                && summed.All(l => a.Contains(l) && b.Contains(l)) && !sizes.Contains(0);
            return plain
                ? new Contraction(terms.Operands, sizes, [.. kept.Where(l => a.Contains(l) && b.Contains(l))], [.. kept.Where(l => !b.Contains(l))], [.. kept.Where(l => !a.Contains(l))], summed)
                : null;
        }

        public Value Add(ImportContext context)
        {
            Value a = Arrange(context, 0, Rows, Summed);
            Value b = Arrange(context, 1, Summed, Columns);
            Value product = context.Add(new MatMul(), a, b);
            int[] labels = [.. Batch, .. Rows, .. Columns];
            Value view = context.Add(new Reshape { Dims = [.. labels.Select(l => Sizes[l])] }, product);
            return Permute(context, view, [.. Enumerable.Range(0, labels.Length).Select(label => Array.IndexOf(labels, label))]);
        }

        /// <summary>An operand as matrices (batch, first, second).</summary>
        private Value Arrange(ImportContext context, int operand, int[] first, int[] second)
        {
            int[] order = [.. Batch, .. first, .. second];
            Value ordered = Permute(context, context.Input(operand), [.. order.Select(label => Array.IndexOf(Labels[operand], label))]);
            return context.Add(new Reshape { Dims = [Count(Batch), Count(first), Count(second)] }, ordered);
        }

        /// <summary>Part of an operand's elements, so it fits 32 bits.</summary>
        private int Count(int[] labels) => labels.Aggregate(1, (count, label) => count * Sizes[label]);

        private static Value Permute(ImportContext context, Value value, int[] permutation) =>
            permutation.SequenceEqual(Enumerable.Range(0, permutation.Length)) ? value : context.Add(new Transpose { Permutation = permutation }, value);
    }
}
