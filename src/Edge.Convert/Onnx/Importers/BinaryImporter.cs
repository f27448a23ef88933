using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>ONNX operators that are one binary function, or a chain of them.</summary>
internal static class BinaryImporter
{
    public static Func<ImportContext, Value[]> Of(string function) => context => [context.Add(new Binary(function), context.Input(0), Aligned(context))];

    /// <summary>PRelu; before operator set 7 a slope of rank 1 has one value per channel.</summary>
    public static Value[] PRelu(ImportContext context)
    {
        Value slope = context.Input(1);
        if (context.Opset < 7 && context.Shape(1) is { Rank: 1, Count: > 1 } && context.Shape(0).Rank > 2)
        {
            slope = AppendAxes(context, slope, context.Shape(0).Rank - 2);
        }
        return [context.Add(new Binary("PRelu"), context.Input(0), slope)];
    }

    /// <summary>Any number of inputs, combined from the left (Max, Min, Sum).</summary>
    public static Func<ImportContext, Value[]> Chain(string function) => context => [Combine(context, function)];

    /// <summary>The sum of the inputs divided by their number.</summary>
    public static Value[] Mean(ImportContext context)
    {
        Value sum = Combine(context, "Add");
        return context.Inputs.Count == 1 ? [sum] : [context.Add(new Binary("Div"), sum, Scalar(context, sum.Info.Type, context.Inputs.Count))];
    }

    /// <summary>Mod: fmod=1 takes the sign of the dividend, as C does.</summary>
    public static Value[] Mod(ImportContext context) =>
        [context.Add(new Binary(context.Node.Flag("fmod") ? "Fmod" : "Mod"), context.Input(0), context.Input(1))];

    /// <summary>BitShift: direction LEFT or RIGHT.</summary>
    public static Value[] BitShift(ImportContext context)
    {
        string direction = context.Node.Choice("direction", "", "LEFT", "RIGHT");
        return [context.Add(new Binary(direction == "LEFT" ? "ShiftLeft" : "ShiftRight"), context.Input(0), context.Input(1))];
    }

    /// <summary>
    /// Pow: the exponent may have a type of its own, the result has the base's. An integer raised to a real power is
    /// computed in float64. The square becomes a product.
    /// </summary>
    public static Value[] Pow(ImportContext context)
    {
        Value x = context.Input(0);
        Value exponent = Aligned(context);
        if (exponent.Constant is { Count: 1 } constant && constant.ToDouble()[0] == 2 && constant.Shape.Rank <= (x.Info.Shape?.Rank ?? -1))
        {
            return [context.Add(new Binary("Mul"), x, x)];
        }
        if (x.Info.Type == exponent.Info.Type)
        {
            return [context.Add(new Binary("Pow"), x, exponent)];
        }
        if (x.Info.Type.IsInteger() && exponent.Info.Type.IsFloat())
        {
            Value wide = context.Add(new Cast(DataType.F64), x);
            Value power = context.Add(new Binary("Pow"), wide, context.Add(new Cast(DataType.F64), exponent));
            return [context.Add(new Cast(x.Info.Type), power)];
        }
        return [context.Add(new Binary("Pow"), x, context.Add(new Cast(x.Info.Type), exponent))];
    }

    /// <summary>A scalar of any number type.</summary>
    public static Value Scalar(ImportContext context, DataType type, double value) =>
        context.AddConstant(type.Visit<ScalarMaker, Tensor>(new ScalarMaker(value)), "scalar");

    private static Value Combine(ImportContext context, string function)
    {
        Value result = context.Input(0);
        for (int i = 1; i < context.Inputs.Count; i++)
        {
            result = context.Add(new Binary(function), result, context.Input(i));
        }
        return context.Inputs.Count == 1 ? context.Add(new Identity(), result) : result;
    }

    /// <summary>
    /// Input 1 as NumPy aligns it. Before operator set 7 the attribute axis said at which axis of input 0 it starts;
    /// it then gets trailing axes of length 1.
    /// </summary>
    private static Value Aligned(ImportContext context)
    {
        Value second = context.Input(1);
        if (context.Opset >= 7 || !context.Node.Flag("broadcast") || !context.Node.Has("axis"))
        {
            return second;
        }
        int rank = context.Shape(0).Rank;
        Shape shape = context.Shape(1);
        int axis = context.Node.Int("axis", 0, -rank, rank);
        int trailing = rank - (axis < 0 ? axis + rank : axis) - shape.Rank;
        if (trailing < 0)
        {
            throw context.Node.Bad($"axis is {axis}, but an input of shape {shape} does not fit into {context.Shape(0)} from there");
        }
        return trailing == 0 ? second : AppendAxes(context, second, trailing);
    }

    private static Value AppendAxes(ImportContext context, Value value, int count)
    {
        int[] dims = [.. value.Info.KnownShape.ToArray(), .. Enumerable.Repeat(1, count)];
        return context.Add(new Reshape { Dims = dims }, value);
    }

    private readonly struct ScalarMaker(double value) : IDataTypeVisitor<Tensor>
    {
        public Tensor Visit<T>() where T : unmanaged, System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T> =>
            Tensor.FromScalar(T.CreateSaturating(value));
    }
}
