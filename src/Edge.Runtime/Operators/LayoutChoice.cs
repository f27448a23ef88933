using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>In which layouts a node reads its inputs and writes its outputs.</summary>
/// <param name="Inputs">One per input; entries of absent inputs and of constants do not count.</param>
/// <param name="Output">All outputs.</param>
public readonly record struct LayoutChoice(Layout[] Inputs, Layout Output)
{
    /// <summary>Everything planar: right for every operator.</summary>
    public static LayoutChoice Planar(int inputs) => Same(inputs, Layout.Planar);

    /// <summary>Every input and output in one layout.</summary>
    public static LayoutChoice Same(int inputs, Layout layout) => new([.. Enumerable.Repeat(layout, inputs)], layout);

    /// <summary>Input 0 and the output in the layout that input 0 has, the other inputs planar.</summary>
    public static LayoutChoice FollowFirst(in OperatorInputs inputs)
    {
        Layout layout = inputs[0].Layout;
        Layout[] layouts = new Layout[inputs.Count];
        layouts[0] = layout;
        return new LayoutChoice(layouts, layout);
    }
}
