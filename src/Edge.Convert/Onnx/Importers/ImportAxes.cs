using Edge.Kernels.Tensors;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Axes as ONNX gives them, negative ones counted from the end, made absolute.</summary>
internal static class ImportAxes
{
    /// <summary>The attribute <c>axis</c> of input 0.</summary>
    public static int Attribute(ImportContext context, int defaultValue) => Absolute(context, context.Node.Int("axis", defaultValue), context.Shape(0).Rank);

    /// <summary>An axis in [-rank, rank).</summary>
    public static int Absolute(ImportContext context, long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis)
        : throw context.Node.Bad($"axis is {axis}, but the input has rank {rank}, expected {-rank} to {rank - 1}");

    /// <summary>Distinct axes, rising.</summary>
    public static int[] Absolute(ImportContext context, IEnumerable<long> axes, int rank)
    {
        int[] all = [.. axes.Select(a => Absolute(context, a, rank)).Order()];
        return all.Distinct().Count() == all.Length
            ? all
            : throw context.Node.Bad($"the axes [{string.Join(',', all)}] name an axis twice");
    }

    /// <summary>A constant input that holds one axis.</summary>
    public static int Input(ImportContext context, int index)
    {
        Tensor axis = context.Constant(index);
        return axis.Count == 1 && axis.Type.IsInteger()
            ? Absolute(context, axis.ToInt64()[0], context.Shape(0).Rank)
            : throw context.Node.Bad($"the axis is a tensor {axis.Info}, expected one integer");
    }
}
