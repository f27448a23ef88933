using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>ConvTranspose: output_shape and auto_pad become explicit pads and output padding.</summary>
internal static class ConvTransposeImporter
{
    public static Value[] Import(ImportContext context)
    {
        OnnxNode node = context.Node;
        int rank = WindowAttributes.Rank(context);
        WindowAttributes window = WindowAttributes.ReadExplicit(context, ConvImporter.KernelOf(context), rank);
        int[] outputPadding = node.IntsOrDefault("output_padding", rank, 0, 0);
        string mode = WindowAttributes.AutoPad(context);
        int[] pads = window.Pads;
        if (OutputShape(context, rank) is { } wanted)
        {
            (pads, outputPadding) = PadsFor(context, window, outputPadding, wanted, mode == "SAME_UPPER");
        }
        else if (mode is "SAME_UPPER" or "SAME_LOWER")
        {
            long[] same = [.. Enumerable.Range(0, rank).Select(i => (long)context.Shape(0)[2 + i] * window.Strides[i])];
            (pads, outputPadding) = PadsFor(context, window, outputPadding, same, mode == "SAME_UPPER");
        }
        else if (mode == "VALID")
        {
            pads = new int[2 * rank];
        }
        var conv = new ConvTranspose
        {
            Strides = window.Strides,
            Pads = pads,
            OutputPadding = outputPadding,
            Dilations = window.Dilations,
            Group = node.Int("group", 1, 1, int.MaxValue),
        };
        return [context.Add(conv, context.Input(0), context.Input(1), context.Optional(2))];
    }

    /// <summary>The spatial part of output_shape; some exporters write batch and channels too.</summary>
    private static long[]? OutputShape(ImportContext context, int rank)
    {
        int[]? shape = context.Node.Ints("output_shape");
        if (shape is null)
        {
            return null;
        }
        return shape.Length == rank || shape.Length == rank + 2
            ? [.. shape[^rank..].Select(d => (long)d)]
            : throw context.Node.Bad($"output_shape has {shape.Length} values [{string.Join(',', shape)}], expected {rank}");
    }

    /// <summary>Cuts the full result down to <paramref name="wanted"/>, or extends it at the end where it is too small.</summary>
    private static (int[] Pads, int[] OutputPadding) PadsFor(ImportContext context, WindowAttributes window, int[] outputPadding, long[] wanted, bool oddAtEnd)
    {
        int rank = wanted.Length;
        var pads = new int[2 * rank];
        var extended = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            long full = ((context.Shape(0)[2 + i] - 1L) * window.Strides[i]) + window.Span(i) + outputPadding[i];
            long total = full - wanted[i];
            if (wanted[i] < 0 || Math.Abs(total) > int.MaxValue)
            {
                throw context.Node.Bad($"axis {2 + i} should have {wanted[i]} outputs, the full result has {full}");
            }
            (pads[i], pads[rank + i]) = WindowAttributes.Split(Math.Max(0, total), oddAtEnd);
            extended[i] = (int)(outputPadding[i] + Math.Max(0, -total));
        }
        return (pads, extended);
    }
}
