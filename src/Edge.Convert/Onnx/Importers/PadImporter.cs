using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Pad: attributes before operator set 11 (<c>paddings</c> in set 1), inputs since; axes since 18. CenterCropPad becomes Slice and Pad.</summary>
internal static class PadImporter
{
    /// <summary>Largest magnitude up to which float32 holds every integer.</summary>
    private const double MaxExactInteger = 1 << 24;

    public static Value[] Import(ImportContext context)
    {
        PadMode mode = context.Node.Choice("mode", "constant", "constant", "reflect", "edge", "wrap") switch
        {
            "reflect" => PadMode.Reflect,
            "edge" => PadMode.Edge,
            "wrap" => PadMode.Wrap,
            _ => PadMode.Constant,
        };
        return [context.Opset < 11 ? ImportAttributes(context, mode) : ImportInputs(context, mode)];
    }

    public static Value[] ImportCenterCropPad(ImportContext context)
    {
        Shape shape = context.Shape(0);
        int[] sizes = MovementArguments.RequiredIntegers(context, 1);
        int[] axes = context.Node.Ints("axes") ?? [.. Enumerable.Range(0, shape.Rank)];
        if (sizes.Length != axes.Length || sizes.Any(s => s < 0) || axes.Any(a => a < -shape.Rank || a >= shape.Rank))
        {
            throw context.Node.Bad($"the sizes [{string.Join(',', sizes)}] do not fit the axes [{string.Join(',', axes)}] of {shape}: one size of at least 0 for each");
        }
        int[] starts = new int[axes.Length];
        int[] ends = new int[axes.Length];
        int[] pads = new int[2 * shape.Rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i] < 0 ? axes[i] + shape.Rank : axes[i];
            int excess = shape[axis] - sizes[i];
            starts[i] = Math.Max(0, excess / 2);
            ends[i] = starts[i] + Math.Min(shape[axis], sizes[i]);
            pads[axis] = Math.Max(0, -excess / 2);
            pads[shape.Rank + axis] = Math.Max(0, -excess) - pads[axis];
        }
        Value cropped = context.Add(new Slice { Starts = starts, Ends = ends, Axes = axes }, context.Input(0));
        return [pads.Any(p => p > 0) ? context.Add(new Pad { Pads = pads }, cropped) : cropped];
    }

    private static Value ImportAttributes(ImportContext context, PadMode mode)
    {
        string name = context.Opset < 2 ? "paddings" : "pads";
        int[] pads = MovementArguments.Integers(context, name) ?? throw context.Node.Missing(name);
        return context.Add(new Pad { Pads = pads, Mode = mode, Value = context.Node.Float("value", 0) }, context.Input(0));
    }

    private static Value ImportInputs(ImportContext context, PadMode mode)
    {
        context.Input(1);
        int[]? pads = MovementArguments.KnownIntegers(context, 1);
        int[]? axes = MovementArguments.KnownIntegers(context, 3);
        if (context.Has(3))
        {
            pads = pads is not null && axes is not null && context.Input(0).Info.Shape is { } shape ? Spread(context, pads, axes, shape.Rank) : null;
        }
        float? value = KnownValue(context);
        var op = new Pad { Pads = pads, Mode = mode, Value = value ?? 0 };
        return context.Add(op, MovementArguments.Operands(context, pads is null, value is null, pads is null));
    }

    /// <summary>Pads of some axes as pads of all.</summary>
    private static int[] Spread(ImportContext context, int[] pads, int[] axes, int rank)
    {
        if (pads.Length != 2 * axes.Length || axes.Any(a => a < -rank || a >= rank) || axes.Select(a => (a + rank) % rank).Distinct().Count() != axes.Length)
        {
            throw context.Node.Bad($"the pads [{string.Join(',', pads)}] do not fit the axes [{string.Join(',', axes)}] of rank {rank}: two for each of different axes");
        }
        var spread = new int[2 * rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i] < 0 ? axes[i] + rank : axes[i];
            spread[axis] = pads[i];
            spread[rank + axis] = pads[axes.Length + i];
        }
        return spread;
    }

    /// <summary>The fill value where it is known and float32 holds it; null where it has to stay an input.</summary>
    private static float? KnownValue(ImportContext context)
    {
        if (!context.Has(2))
        {
            return 0;
        }
        if (context.Input(2).Constant is not { } tensor)
        {
            return null;
        }
        if (tensor.Count != 1)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the fill value is {tensor.Info}, expected one element");
        }
        double value = tensor.ToDouble()[0];
        bool exact = tensor.Type.IsFloat() ? ((double)(float)value).Equals(value) : Math.Abs(value) <= MaxExactInteger;
        return exact ? (float)value : null;
    }
}
