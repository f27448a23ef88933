using Edge.Kernels.Tensors;

namespace Edge.Convert.Onnx.Importers;

/// <summary>The attributes that describe a sliding window in ONNX, with <c>auto_pad</c> turned into explicit pads.</summary>
internal sealed record WindowAttributes(int[] Kernel, int[] Strides, int[] Dilations, int[] Pads)
{
    private static readonly string[] AutoPads = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"];

    /// <summary>Reads the attributes of a node whose input 0 is [N,C,spatial...].</summary>
    /// <param name="kernel">Size of the window where an input tells it; the attribute must agree. Null = the attribute is required.</param>
    public static WindowAttributes Read(ImportContext context, ReadOnlySpan<int> kernel)
    {
        int rank = Rank(context);
        WindowAttributes window = ReadExplicit(context, kernel, rank);
        string mode = AutoPad(context);
        return mode switch
        {
            "NOTSET" => window,
            "VALID" => window with { Pads = new int[2 * rank] },
            _ => window with { Pads = window.SamePads(context.Shape(0).Dims[2..], mode == "SAME_UPPER") },
        };
    }

    /// <summary>Number of spatial axes of input 0.</summary>
    public static int Rank(ImportContext context)
    {
        int rank = context.Shape(0).Rank - 2;
        return rank is >= 1 and <= Extent.MaxRank
            ? rank
            : throw context.Node.Unsupported($"input 0 has shape {context.Shape(0)}, expected batch, channels and 1 to {Extent.MaxRank} spatial axes");
    }

    /// <summary>The attribute auto_pad, checked.</summary>
    public static string AutoPad(ImportContext context) => context.Node.Choice("auto_pad", "NOTSET", AutoPads);

    /// <summary>Reads everything except auto_pad.</summary>
    public static WindowAttributes ReadExplicit(ImportContext context, ReadOnlySpan<int> kernel, int rank)
    {
        OnnxNode node = context.Node;
        int[]? declared = node.Ints("kernel_shape");
        if (declared is null && kernel.IsEmpty)
        {
            throw node.Missing("kernel_shape");
        }
        if (declared is not null && (declared.Length != rank || (!kernel.IsEmpty && !kernel.SequenceEqual(declared))))
        {
            string expected = kernel.IsEmpty ? $"{rank} values" : $"[{string.Join(',', kernel.ToArray())}] as the weights have it";
            throw node.Bad($"kernel_shape is [{string.Join(',', declared)}], expected {expected}");
        }
        return new WindowAttributes(
            declared ?? kernel.ToArray(),
            node.IntsOrDefault("strides", rank, 1, 1),
            node.IntsOrDefault("dilations", rank, 1, 1),
            node.IntsOrDefault("pads", 2 * rank, 0, 0));
    }

    /// <summary>Distributes <paramref name="total"/> positions; an odd one goes to the end, or to the beginning.</summary>
    public static (int Begin, int End) Split(long total, bool oddAtEnd)
    {
        int begin = (int)(oddAtEnd ? total / 2 : total - (total / 2));
        return (begin, (int)(total - begin));
    }

    /// <summary>Positions from the first to the last tap along a spatial axis.</summary>
    public long Span(int axis) => ((Kernel[axis] - 1L) * Dilations[axis]) + 1;

    /// <summary>Pads for ceil(input / stride) outputs.</summary>
    private int[] SamePads(ReadOnlySpan<int> input, bool oddAtEnd)
    {
        int rank = input.Length;
        var pads = new int[2 * rank];
        for (int i = 0; i < rank; i++)
        {
            long outputs = (input[i] + (long)Strides[i] - 1) / Strides[i];
            long total = Math.Clamp(((outputs - 1) * Strides[i]) + Span(i) - input[i], 0, int.MaxValue);
            (pads[i], pads[rank + i]) = Split(total, oddAtEnd);
        }
        return pads;
    }
}
