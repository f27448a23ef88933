using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Softmax, LogSoftmax and Hardmax. Before operator set 13 the default axis is 1, and the axis and all axes behind it count
/// as one; since then the default is the last axis, alone.
/// </summary>
internal static class SoftmaxImporter
{
    public static Value[] Softmax(ImportContext context) => Import(context, (axis, flatten) => new Softmax { Axis = axis, Flatten = flatten });

    public static Value[] LogSoftmax(ImportContext context) => Import(context, (axis, flatten) => new Softmax { Axis = axis, Flatten = flatten, Logarithm = true });

    public static Value[] Hardmax(ImportContext context) => Import(context, (axis, flatten) => new Hardmax { Axis = axis, Flatten = flatten });

    private static Value[] Import(ImportContext context, Func<int, bool, Operator> make)
    {
        bool flatten = context.Opset < 13;
        int rank = context.Shape(0).Rank;
        long axis = context.Node.Int("axis", flatten ? 1 : -1);
        bool atEnd = flatten && axis == rank; // an axis behind the last: every element is a row of its own
        return [context.Add(make(atEnd ? rank : ImportAxes.Absolute(context, axis, rank), flatten), context.Input(0))];
    }
}
