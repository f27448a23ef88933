using Edge.Kernels.Convolution;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>Checks that convolutions of all element types share.</summary>
internal static class ConvRules
{
    /// <summary>The window that slides over input <paramref name="x"/>, its taps as the weights <paramref name="w"/> have them.</summary>
    /// <exception cref="EdgeException">The ranks differ, or an attribute breaks its rule.</exception>
    public static Window CreateWindow(Shape x, Shape w, int[] strides, int[] pads, int[] dilations)
    {
        int rank = WindowRules.SpatialRank(x);
        if (w.Rank != x.Rank)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the weights have shape {w}, expected rank {x.Rank} as of input {x}");
        }
        return WindowRules.Create(rank, w.Dims[2..], strides, pads, dilations);
    }

    /// <summary>The sum of the output's gradient over batch and positions, [M].</summary>
    public static Value BiasGradient(GradientContext context) =>
        context.Add(new Reduce("Sum") { Axes = [.. Enumerable.Range(0, context.OutputShape().Rank).Where(axis => axis != 1)], KeepDims = false }, context.Gradient);

    /// <summary>Requires x [N,C,...], w [M,C/group,...] and M a multiple of group.</summary>
    public static void CheckChannels(Shape x, Shape w, int group)
    {
        if (group < 1 || w[0] % group != 0 || (long)w[1] * group != x[1])
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"input {x} and weights {w} do not fit with group {group}: {x[1]} channels must be group times {w[1]}, and {w[0]} a multiple of group",
                "check the input's channel count and the attribute group");
        }
    }

    /// <summary>Requires input <paramref name="index"/>, where present, to be one value per output channel.</summary>
    public static void CheckBias(in OperatorInputs inputs, int index, int channels)
    {
        if (inputs.Has(index) && inputs.Shape(index) != new Shape(channels))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the bias has shape {inputs.Shape(index)}, expected [{channels}]");
        }
    }
}
