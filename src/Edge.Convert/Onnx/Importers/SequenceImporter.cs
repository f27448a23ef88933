using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Range = Edge.Runtime.Operators.Range;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Operators that make tensors from a rule (Range, OneHot, EyeLike, Trilu) or select by a rule (NonZero, Compress, ReverseSequence, Col2Im).</summary>
internal static class SequenceImporter
{
    public static Value[] ImportRange(ImportContext context) =>
        [context.Add(new Range(), context.Input(0), context.Input(1), context.Input(2))];

    public static Value[] ImportOneHot(ImportContext context) =>
        [context.Add(new OneHot { Axis = context.Node.Int("axis", -1, -Limits.MaxRank, Limits.MaxRank) }, context.Input(0), context.Input(1), context.Input(2))];

    public static Value[] ImportEyeLike(ImportContext context)
    {
        int type = context.Node.Int("dtype", 0, 0, int.MaxValue);
        var op = new EyeLike
        {
            Diagonal = (int)Math.Clamp(context.Node.Int("k", 0), -int.MaxValue, int.MaxValue),
            Type = type == 0 ? DataType.Unknown : OnnxTensors.ToDataType(type, context.Node.Place),
        };
        return [context.Add(op, context.Input(0))];
    }

    public static Value[] ImportTrilu(ImportContext context)
    {
        var op = new Trilu { Upper = context.Node.Flag("upper", true) };
        if (context.Optional(1)?.Constant is { Type: DataType.S64, Count: 1 } diagonal)
        {
            op = op with { Diagonal = (int)Math.Clamp(diagonal.ToInt64()[0], -int.MaxValue, int.MaxValue) };
            return [context.Add(op, context.Input(0))];
        }
        return [context.Has(1) ? context.Add(op, context.Input(0), context.Input(1)) : context.Add(op, context.Input(0))];
    }

    public static Value[] ImportNonZero(ImportContext context) => [context.Add(new NonZero(), context.Input(0))];

    public static Value[] ImportCompress(ImportContext context)
    {
        int? axis = context.Node.Has("axis") ? MovementArguments.Axis(context, 0) : null;
        return [context.Add(new Compress { Axis = axis }, context.Input(0), context.Input(1))];
    }

    public static Value[] ImportReverseSequence(ImportContext context)
    {
        int time = context.Node.Int("time_axis", 0, 0, 1);
        int batch = context.Node.Int("batch_axis", 1, 0, 1);
        return time != batch
            ? [context.Add(new ReverseSequence { TimeFirst = time == 0 }, context.Input(0), context.Input(1))]
            : throw context.Node.Bad($"time_axis and batch_axis are both {time}, expected 0 and 1 in any order");
    }

    public static Value[] ImportCol2Im(ImportContext context)
    {
        int[] image = MovementArguments.RequiredIntegers(context, 1);
        var op = new Col2Im
        {
            Image = image,
            Block = MovementArguments.RequiredIntegers(context, 2),
            Strides = context.Node.IntsOrDefault("strides", image.Length, 1, 1),
            Dilations = context.Node.IntsOrDefault("dilations", image.Length, 1, 1),
            Pads = context.Node.IntsOrDefault("pads", 2 * image.Length, 0, 0),
        };
        return [context.Add(op, context.Input(0))];
    }
}
