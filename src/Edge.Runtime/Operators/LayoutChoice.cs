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

    /// <summary>Channels last for all, where some input lies so already; else planar.</summary>
    public static LayoutChoice FollowChannelsLast(in OperatorInputs inputs)
    {
        bool some = false;
        bool hasConstant = false;
        for (int i = 0; i < inputs.Count; i++)
        {
            some |= inputs.Has(i) && inputs[i].Layout == Layout.ChannelsLast;
            hasConstant |= inputs.Constant(i) is not null;
        }
        return Same(inputs.Count, some && !hasConstant ? Layout.ChannelsLast : Layout.Planar);
    }

    /// <summary>
    /// Every input and output in the layout that most elements of the inputs have. A constant stays planar, so it makes all planar.
    /// </summary>
    public static LayoutChoice FollowMost(in OperatorInputs inputs)
    {
        long balance = 0;
        bool hasConstant = false;
        for (int i = 0; i < inputs.Count; i++)
        {
            long elements = inputs.Shape(i).Count;
            balance += inputs[i].Layout == Layout.Blocked8 ? elements : -elements;
            hasConstant |= inputs.Constant(i) is not null;
        }
        return Same(inputs.Count, balance > 0 && !hasConstant ? Layout.Blocked8 : Layout.Planar);
    }
}
