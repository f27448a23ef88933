using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Resize and Upsample. Before operator set 11 Resize has x and scales only, coordinates are i / scale, and nearest takes the
/// floor where an axis grows and the ceiling where it shrinks.
/// </summary>
internal static class ResizeImporter
{
    private static readonly Dictionary<string, ResizeMode> Modes = new()
    {
        ["nearest"] = ResizeMode.Nearest,
        ["linear"] = ResizeMode.Linear,
        ["bilinear"] = ResizeMode.Linear,
        ["cubic"] = ResizeMode.Cubic,
    };

    private static readonly Dictionary<string, CoordinateMode> Coordinates = new()
    {
        ["half_pixel"] = CoordinateMode.HalfPixel,
        ["half_pixel_symmetric"] = CoordinateMode.HalfPixelSymmetric,
        ["pytorch_half_pixel"] = CoordinateMode.PytorchHalfPixel,
        ["align_corners"] = CoordinateMode.AlignCorners,
        ["asymmetric"] = CoordinateMode.Asymmetric,
        ["tf_crop_and_resize"] = CoordinateMode.TfCropAndResize,
        ["tf_half_pixel_for_nn"] = CoordinateMode.TfHalfPixelForNearest,
    };

    private static readonly Dictionary<string, NearestMode> NearestModes = new()
    {
        ["round_prefer_floor"] = NearestMode.RoundPreferFloor,
        ["round_prefer_ceil"] = NearestMode.RoundPreferCeil,
        ["floor"] = NearestMode.Floor,
        ["ceil"] = NearestMode.Ceil,
    };

    private static readonly Dictionary<string, AspectPolicy> AspectPolicies = new()
    {
        ["stretch"] = AspectPolicy.Stretch,
        ["not_larger"] = AspectPolicy.NotLarger,
        ["not_smaller"] = AspectPolicy.NotSmaller,
    };

    public static Value[] Import(ImportContext context)
    {
        if (context.Opset < 11)
        {
            return [context.Add(BeforeOpset11(context), context.Input(0), null, context.Input(1))];
        }
        OnnxNode node = context.Node;
        var op = new Resize
        {
            Rule = new ResizeRule
            {
                Mode = Choose(node, "mode", "nearest", Modes),
                Coordinates = Choose(node, "coordinate_transformation_mode", "half_pixel", Coordinates),
                Nearest = Choose(node, "nearest_mode", "round_prefer_floor", NearestModes),
                CubicA = node.Float("cubic_coeff_a", -0.75f),
                ExcludeOutside = node.Flag("exclude_outside"),
                Antialias = node.Flag("antialias"),
                Extrapolation = node.Float("extrapolation_value", 0),
            },
            Axes = node.Ints("axes"),
            Aspect = Choose(node, "keep_aspect_ratio_policy", "stretch", AspectPolicies),
        };
        return [context.Add(op, context.Input(0), context.Optional(1), context.Optional(2), context.Optional(3))];
    }

    /// <summary>Upsample holds its scales in an attribute before operator set 9.</summary>
    public static Value[] ImportUpsample(ImportContext context)
    {
        Value scales = context.Opset >= 9
            ? context.Input(1)
            : context.AddConstant(Tensor.FromVector<float>(context.Node.Floats("scales") ?? throw context.Node.Missing("scales")), "scales");
        return [context.Add(BeforeOpset11(context), context.Input(0), null, scales)];
    }

    private static Resize BeforeOpset11(ImportContext context) => new()
    {
        Rule = new ResizeRule
        {
            Mode = Choose(context.Node, "mode", "nearest", Modes),
            Coordinates = CoordinateMode.Asymmetric,
            Nearest = NearestMode.CeilWhenShrinking,
        },
    };

    private static T Choose<T>(OnnxNode node, string attribute, string defaultValue, Dictionary<string, T> choices) =>
        choices[node.Choice(attribute, defaultValue, [.. choices.Keys])];
}
