using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Checks the attributes of sliding windows and turns them into the form kernels take.</summary>
internal static class WindowRules
{
    /// <summary>Spatial rank of a tensor (batch, channels, spatial...).</summary>
    /// <exception cref="EdgeException">It is not 1 to 3.</exception>
    public static int SpatialRank(Shape input)
    {
        int rank = input.Rank - 2;
        return rank is >= 1 and <= Extent.MaxRank
            ? rank
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the input has shape {input}, expected rank 3 to 5: batch, channels and 1 to {Extent.MaxRank} spatial axes", "reshape the input");
    }

    /// <summary>The window, after checking counts and ranges.</summary>
    public static Window Create(int rank, ReadOnlySpan<int> kernel, int[] strides, int[] pads, int[] dilations)
    {
        Check("kernel", kernel, rank, 1);
        Check("strides", strides, rank, 1);
        Check("dilations", dilations, rank, 1);
        Check("pads", pads, 2 * rank, 0);
        double taps = 1;
        for (int i = 0; i < rank; i++)
        {
            taps *= kernel[i];
            long span = ((kernel[i] - 1L) * dilations[i]) + 1;
            if (taps > int.MaxValue || span > int.MaxValue)
            {
                throw new EdgeException(EdgeError.TooLarge, $"the window [{string.Join(',', kernel.ToArray())}] with dilations [{string.Join(',', dilations)}] is larger than {int.MaxValue}");
            }
        }
        return new Window(
            Extent.From(kernel, 1),
            Extent.From(strides, 1),
            Extent.From(dilations, 1),
            Extent.From(pads.AsSpan(0, rank), 0),
            Extent.From(pads.AsSpan(rank), 0));
    }

    /// <summary>The last <paramref name="rank"/> dimensions of <paramref name="shape"/>.</summary>
    public static Extent Spatial(Shape shape, int rank) => Extent.From(shape.Dims[^rank..], 1);

    /// <summary>Batch, <paramref name="channels"/>, and the outputs of <paramref name="window"/> along each spatial axis.</summary>
    /// <exception cref="EdgeException">The window does not fit.</exception>
    public static Shape Output(Shape input, int channels, Window window, bool ceil = false)
    {
        int rank = input.Rank - 2;
        int[] dims = input.ToArray();
        dims[1] = channels;
        for (int i = 0; i < rank; i++)
        {
            int axis = Extent.MaxRank - rank + i;
            long padded = dims[2 + i] + (long)window.PadBegin[axis] + window.PadEnd[axis];
            if (padded > int.MaxValue)
            {
                throw new EdgeException(EdgeError.TooLarge, $"axis {2 + i} has {padded} positions with padding, at most {int.MaxValue} are supported", "reduce the pads");
            }
            if (padded < window.Span(axis) && dims[2 + i] > 0)
            {
                throw new EdgeException(
                    EdgeError.ShapeMismatch,
                    $"the window spans {window.Span(axis)} positions of axis {2 + i}, input {input} has {padded} with padding",
                    "give a larger input with --input-shape");
            }
            dims[2 + i] = (int)window.OutputSize(axis, dims[2 + i], ceil);
        }
        return new Shape(dims);
    }

    private static void Check(string name, ReadOnlySpan<int> values, int count, int least)
    {
        if (values.Length != count)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"{name} has {values.Length} values [{string.Join(',', values.ToArray())}], expected {count}");
        }
        foreach (int value in values)
        {
            if (value < least)
            {
                throw new EdgeException(EdgeError.BadAttribute, $"{name} is [{string.Join(',', values.ToArray())}], each must be at least {least}", name == "pads" ? "crop with Slice instead of negative pads" : null);
            }
        }
    }
}
