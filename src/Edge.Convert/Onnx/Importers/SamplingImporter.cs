using Edge.Kernels.Resize;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>GridSample, AffineGrid, RoiAlign and NonMaxSuppression.</summary>
internal static class SamplingImporter
{
    /// <summary>The modes are bilinear, nearest and bicubic up to opset 19, then linear, nearest and cubic.</summary>
    public static Value[] GridSample(ImportContext context)
    {
        OnnxNode node = context.Node;
        var op = new GridSample
        {
            Mode = node.Choice("mode", node.Opset < 20 ? "bilinear" : "linear", "bilinear", "linear", "nearest", "bicubic", "cubic") switch
            {
                "nearest" => ResizeMode.Nearest,
                "bicubic" or "cubic" => ResizeMode.Cubic,
                _ => ResizeMode.Linear,
            },
            Padding = node.Choice("padding_mode", "zeros", "zeros", "border", "reflection") switch
            {
                "border" => GridPadding.Border,
                "reflection" => GridPadding.Reflection,
                _ => GridPadding.Zeros,
            },
            AlignCorners = node.Flag("align_corners"),
        };
        return [context.Add(op, context.Input(0), context.Input(1))];
    }

    /// <summary>The second input, the size [N,C,spatial...], has to be constant.</summary>
    public static Value[] AffineGrid(ImportContext context)
    {
        long[] size = context.Constant(1).ToInt64();
        if (size.Length is < 4 or > 5 || size.Any(d => d is < 0 or > int.MaxValue))
        {
            throw context.Node.Bad($"size is [{string.Join(',', size)}], expected [N,C,H,W] or [N,C,D,H,W]");
        }
        if (context.Shape(0).Rank > 0 && context.Shape(0)[0] != size[0])
        {
            throw context.Node.Bad($"size is [{string.Join(',', size)}], theta has shape {context.Shape(0)}; both have the same first dimension");
        }
        var op = new AffineGrid { Spatial = [.. size.Skip(2).Select(d => (int)d)], AlignCorners = context.Node.Flag("align_corners") };
        return [context.Add(op, context.Input(0))];
    }

    /// <summary>Before opset 16 coordinates are not shifted.</summary>
    public static Value[] RoiAlign(ImportContext context)
    {
        OnnxNode node = context.Node;
        string unset = node.Opset < 16 ? "output_half_pixel" : "half_pixel";
        var op = new RoiAlign
        {
            OutputHeight = node.Int("output_height", 1, 1, 1 << 16),
            OutputWidth = node.Int("output_width", 1, 1, 1 << 16),
            SamplingRatio = node.Int("sampling_ratio", 0, 0, 1 << 10),
            SpatialScale = node.Float("spatial_scale", 1),
            HalfPixel = node.Choice("coordinate_transformation_mode", unset, "half_pixel", "output_half_pixel") == "half_pixel",
            TakesMax = node.Choice("mode", "avg", "avg", "max") == "max",
        };
        return [context.Add(op, context.Input(0), context.Input(1), context.Input(2))];
    }

    public static Value[] NonMaxSuppression(ImportContext context)
    {
        var op = new NonMaxSuppression { Centers = context.Node.Int("center_point_box", 0, 0, 1) == 1 };
        return [context.Add(op, [.. Enumerable.Range(0, 5).Select(context.Optional)])];
    }
}
