using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>A parsed equation of <see cref="Einsum"/>, with labels as numbers.</summary>
/// <param name="Operands">For each operand the label of each axis.</param>
/// <param name="OutputCount">Labels 0 to here are those of the output, in order; the others are summed over.</param>
/// <param name="LabelCount">Number of labels.</param>
public sealed record EinsumTerms(int[][] Operands, int OutputCount, int LabelCount)
{
    /// <summary>The axes that an ellipsis stands for carry these labels, the last axis the first.</summary>
    private const string EllipsisLabels = "0123456789:;<=>?";

    /// <exception cref="EdgeException">The equation is malformed or does not fit the shapes.</exception>
    public static EinsumTerms Parse(string equation, Shape[] shapes)
    {
        string text = equation.Replace(" ", "", StringComparison.Ordinal);
        string[] sides = text.Split("->");
        string[] inputs = sides[0].Split(',');
        if (sides.Length > 2 || inputs.Length != shapes.Length)
        {
            throw Malformed(equation, $"it names {inputs.Length} operands, {shapes.Length} are given");
        }
        var labels = new string[inputs.Length];
        int widest = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            int ellipsis = shapes[i].Rank - Letters(equation, inputs[i]);
            if (ellipsis < 0 || (ellipsis > 0 && !inputs[i].Contains("...", StringComparison.Ordinal)))
            {
                throw Malformed(equation, $"'{inputs[i]}' does not have the rank of operand {i}, {shapes[i]}");
            }
            labels[i] = inputs[i].Replace("...", Ellipsis(ellipsis), StringComparison.Ordinal);
            widest = Math.Max(widest, ellipsis);
        }
        string output = sides.Length == 2 ? ExplicitOutput(equation, sides[1], widest) : ImplicitOutput(labels, widest);
        return Number(equation, labels, output);
    }

    /// <summary>The size of every label: equal wherever it stands, or 1, which is repeated.</summary>
    public int[] Sizes(string equation, Shape[] shapes)
    {
        var sizes = new int[LabelCount];
        Array.Fill(sizes, 1);
        for (int i = 0; i < shapes.Length; i++)
        {
            for (int axis = 0; axis < shapes[i].Rank; axis++)
            {
                ref int size = ref sizes[Operands[i][axis]];
                int dim = shapes[i][axis];
                size = size == 1 || size == dim ? dim : dim == 1 ? size : throw Malformed(equation, $"axis {axis} of operand {i} {shapes[i]} has another size than the same label elsewhere, {size}");
            }
        }
        return sizes;
    }

    private static EinsumTerms Number(string equation, string[] labels, string output)
    {
        string all = string.Concat(labels);
        if (output.Distinct().Count() != output.Length || output.Any(label => !all.Contains(label, StringComparison.Ordinal)))
        {
            throw Malformed(equation, "each label of the output stands there once, and in an operand");
        }
        string order = output + new string([.. all.Distinct().Where(label => !output.Contains(label, StringComparison.Ordinal))]);
        return new EinsumTerms([.. labels.Select(l => l.Select(label => order.IndexOf(label, StringComparison.Ordinal)).ToArray())], output.Length, order.Length);
    }

    private static string ExplicitOutput(string equation, string side, int widest)
    {
        Letters(equation, side);
        return side.Replace("...", Ellipsis(widest), StringComparison.Ordinal);
    }

    private static string ImplicitOutput(string[] labels, int widest)
    {
        string all = string.Concat(labels);
        return Ellipsis(widest) + new string([.. all.Where(label => char.IsAsciiLetter(label) && all.Count(c => c == label) == 1).Order()]);
    }

    /// <summary>Aligned at the last axis.</summary>
    private static string Ellipsis(int axes) => new([.. EllipsisLabels[..Math.Min(axes, EllipsisLabels.Length)].Reverse()]);

    private static int Letters(string equation, string term)
    {
        string letters = term.Contains("...", StringComparison.Ordinal) ? term.Remove(term.IndexOf("...", StringComparison.Ordinal), 3) : term;
        return letters.All(char.IsAsciiLetter) ? letters.Length : throw Malformed(equation, $"'{term}' holds more than letters and one '...'");
    }

    private static EdgeException Malformed(string equation, string problem) =>
        new(EdgeError.BadAttribute, $"the equation '{equation}' cannot be used: {problem}", "check the equation and the model's input shapes");
}
