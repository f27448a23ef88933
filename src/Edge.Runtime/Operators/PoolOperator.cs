using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>A window that slides over the spatial axes of X [N,C,spatial...] and pools each channel on its own.</summary>
public abstract record PoolOperator : Operator
{
    /// <summary>Size of the window, one per spatial axis.</summary>
    public required int[] Kernel { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    /// <summary>Whether a last window that does not fit completely counts.</summary>
    public bool CeilMode { get; init; }

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("kernel", Kernel);
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Flag("ceil_mode", CeilMode);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, Extent.From(Kernel, 1).Count);

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    /// <summary>Shape of the result.</summary>
    protected Shape PooledShape(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape x = inputs.Shape(0);
        return WindowRules.Output(x, x.Rank > 1 ? x[1] : 0, CreateWindow(x), CeilMode);
    }

    /// <summary>The part of the problem that all pooling shares.</summary>
    protected PoolProblem Problem(in KernelRequest request)
    {
        return Problem(request.Inputs.Type(0), request.Inputs.Shape(0), request.OutputShape(), request.Inputs[0].Layout);
    }

    /// <summary>The problem of pooling <paramref name="x"/> to <paramref name="y"/>.</summary>
    protected PoolProblem Problem(DataType type, Shape x, Shape y, Layout layout = Layout.Planar)
    {
        int rank = x.Rank - 2;
        long planes = (long)x[0] * (layout == Layout.Planar ? x[1] : Layouts.Blocks(x[1]));
        return new PoolProblem(type, planes, WindowRules.Spatial(x, rank), WindowRules.Spatial(y, rank), CreateWindow(x), Layout: layout);
    }

    /// <summary>Requires <paramref name="y"/> to be what pooling makes of <paramref name="x"/>.</summary>
    protected void RequirePooled(Shape x, Shape y)
    {
        Shape expected = WindowRules.Output(x, x.Rank > 1 ? x[1] : 0, CreateWindow(x), CeilMode);
        if (y != expected)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the gradient has shape {y}, pooling {x} gives {expected}");
        }
    }

    private Window CreateWindow(Shape x) => WindowRules.Create(WindowRules.SpatialRank(x), Kernel, Strides, Pads, Dilations);
}
