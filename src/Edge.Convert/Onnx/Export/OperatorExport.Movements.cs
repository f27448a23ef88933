using Edge.Kernels.Resize;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using static Edge.Convert.Onnx.Export.OnnxWriter;

namespace Edge.Convert.Onnx.Export;

/// <summary>What moves elements.</summary>
internal sealed partial class OperatorExport
{
    private bool WriteMovement(Node node, string[] inputs, string[] outputs)
    {
        switch (node.Operator)
        {
            case Reshape or Flatten or Squeeze or Unsqueeze:
                writer.Add("Reshape", node.Name, [inputs[0], Dims(node, node.Outputs[0])], outputs);
                return true;
            case Identity:
                writer.Add("Identity", node.Name, inputs, outputs);
                return true;
            case Expand:
                writer.Add("Expand", node.Name, [inputs[0], Dims(node, node.Outputs[0])], outputs);
                return true;
            case Transpose transpose:
                writer.Add("Transpose", node.Name, inputs, outputs, Attribute("perm", transpose.Permutation));
                return true;
            case Concat concat:
                writer.Add("Concat", node.Name, inputs, outputs, Attribute("axis", concat.Axis));
                return true;
            case Split split:
                writer.Add("Split", node.Name, [inputs[0], Sizes(node, split.Axis)], outputs, Attribute("axis", split.Axis));
                return true;
            case Slice slice:
                writer.Add("Slice", node.Name, SliceInputs(node, slice, inputs), outputs);
                return true;
            case Pad pad:
                WritePad(node, pad, inputs, outputs);
                return true;
            case Gather gather:
                writer.Add("Gather", node.Name, inputs, outputs, Attribute("axis", gather.Axis));
                return true;
            case Resize { Rule: { Coordinates: not CoordinateMode.TfCropAndResize, Nearest: not NearestMode.CeilWhenShrinking } } resize:
                WriteResize(node, resize, inputs, outputs);
                return true;
            case ChannelShuffle shuffle:
                WriteShuffle(node, shuffle, inputs, outputs);
                return true;
            default:
                return false;
        }
    }

    private string Dims(Node node, Value value) => writer.Longs($"{node.Name} dims", value.Info.KnownShape.ToArray());

    private string Sizes(Node node, int axis) => writer.Longs($"{node.Name} sizes", node.Outputs.Select(o => o.Info.KnownShape[axis < 0 ? axis + o.Info.KnownShape.Rank : axis]));

    private string[] SliceInputs(Node node, Slice slice, string[] inputs)
    {
        string Argument(int index, string name, int[]? values) => values is not null ? writer.Longs($"{node.Name} {name}", values) : index < inputs.Length ? inputs[index] : "";
        string[] all = [inputs[0], Argument(1, "starts", slice.Starts), Argument(2, "ends", slice.Ends), Argument(3, "axes", slice.Axes), Argument(4, "steps", slice.Steps)];
        return [.. all.Take(1 + Array.FindLastIndex(all, a => a.Length > 0))];
    }

    private void WritePad(Node node, Pad pad, string[] inputs, string[] outputs)
    {
        string pads = pad.Pads is { } given ? writer.Longs($"{node.Name} pads", given) : inputs[1];
        string value = inputs.Length > 2 && inputs[2].Length > 0 ? inputs[2] : pad.Mode == Edge.Kernels.Movement.PadMode.Constant ? writer.Float($"{node.Name} value", pad.Value) : "";
        string[] all = value.Length > 0 ? [inputs[0], pads, value] : [inputs[0], pads];
        writer.Add("Pad", node.Name, all, outputs, Attribute("mode", pad.Mode.ToString().ToLowerInvariant()));
    }

    private void WriteResize(Node node, Resize resize, string[] inputs, string[] outputs)
    {
        ResizeRule rule = resize.Rule;
        string[] all = [.. inputs];
        var added = writer.Add(
            "Resize", node.Name, all, outputs,
            Attribute("mode", rule.Mode.ToString().ToLowerInvariant()), Attribute("coordinate_transformation_mode", Snake(rule.Coordinates.ToString().Replace("Nearest", "Nn", StringComparison.Ordinal))),
            Attribute("nearest_mode", Snake(rule.Nearest.ToString())), Attribute("cubic_coeff_a", rule.CubicA), Attribute("exclude_outside", rule.ExcludeOutside), Attribute("antialias", rule.Antialias),
            Attribute("keep_aspect_ratio_policy", Snake(resize.Aspect.ToString())));
        if (resize.Axes is { } axes)
        {
            added.Attribute.Add(Attribute("axes", axes));
        }
    }

    /// <summary>Joined, seen as groups of channels, transposed, cut.</summary>
    private void WriteShuffle(Node node, ChannelShuffle shuffle, string[] inputs, string[] outputs)
    {
        int[] spatial = node.Inputs[0]!.Info.KnownShape.ToArray()[2..];
        int batch = node.Inputs[0]!.Info.KnownShape[0];
        int channels = node.Inputs.Sum(v => v!.Info.KnownShape[1]);
        string x = inputs.Length == 1 ? inputs[0] : writer.Add("Concat", $"{node.Name} joined", inputs, Attribute("axis", 1L));
        x = writer.Add("Reshape", $"{node.Name} groups", [x, writer.Longs($"{node.Name} group dims", [batch, shuffle.Groups, channels / shuffle.Groups, .. spatial])]);
        x = writer.Add("Transpose", $"{node.Name} turned", [x], Attribute("perm", [0, 2, 1, .. Enumerable.Range(3, spatial.Length)]));
        string dims = writer.Longs($"{node.Name} dims", [batch, channels, .. spatial]);
        if (outputs.Length == 1)
        {
            writer.Add("Reshape", node.Name, [x, dims], outputs);
            return;
        }
        x = writer.Add("Reshape", $"{node.Name} flat", [x, dims]);
        writer.Add("Split", node.Name, [x, Sizes(node, 1)], outputs, Attribute("axis", 1L));
    }

    /// <summary>RoundPreferFloor as round_prefer_floor.</summary>
    private static string Snake(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
