using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Checks on axes that reductions and normalizations share.</summary>
internal static class AxisRules
{
    /// <summary>Requires an axis of the shape.</summary>
    public static int Require(int axis, Shape shape, string name = "axis") => axis >= 0 && axis < shape.Rank
        ? axis
        : throw new EdgeException(EdgeError.BadAttribute, $"{name} is {axis}, but the input {shape} has rank {shape.Rank}", "axes are numbered from 0, the outermost");

    /// <summary>Requires an axis of the shape, or, where all axes from it on count as one, the end of the shape.</summary>
    public static void RequireFlat(int axis, Shape shape, bool flatten)
    {
        if (!flatten || axis != shape.Rank)
        {
            Require(axis, shape);
        }
    }

    /// <summary>Input 0 seen along an axis, or along all axes from it on.</summary>
    public static AxisProblem Problem(in KernelRequest request, int axis, bool flatten) => flatten
        ? AxisProblem.Flattened(request.Inputs.Type(0), request.Inputs.Shape(0), axis)
        : new AxisProblem(request.Inputs.Type(0), request.Inputs.Shape(0), axis);

    /// <summary>Requires a list of axes of the shape, rising, each once.</summary>
    public static void Require(int[] axes, Shape shape)
    {
        for (int i = 0; i < axes.Length; i++)
        {
            Require(axes[i], shape, "one of the axes");
            if (i > 0 && axes[i] <= axes[i - 1])
            {
                throw new EdgeException(EdgeError.BadAttribute, $"the axes [{string.Join(',', axes)}] are not rising", "list each axis once");
            }
        }
    }
}
