using Edge.Kernels.Dispatch;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Interpolates x [N,C,spatial...] at the points of a grid [N,out...,rank]: [N,C,out...]. Coordinates run from -1 to 1, innermost first.</summary>
public sealed record GridSample : Operator
{
    public const string Name = "GridSample";

    public ResizeMode Mode { get; init; } = ResizeMode.Linear;

    public GridPadding Padding { get; init; }

    /// <summary>-1 and 1 are the centres of the first and last position, else their outer edges.</summary>
    public bool AlignCorners { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GridSample
    {
        Mode = reader.Enum("mode", ResizeMode.Linear),
        Padding = reader.Enum("padding", GridPadding.Zeros),
        AlignCorners = reader.Flag("align_corners"),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("mode", (long)Mode, (long)ResizeMode.Linear);
        writer.Int("padding", (long)Padding, (long)GridPadding.Zeros);
        writer.Flag("align_corners", AlignCorners);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        Shape grid = request.Inputs.Shape(1);
        var problem = new GridSampleProblem(
            request.Inputs.Type(0), x[0], x[1], x.Dims[2..].ToArray(), grid.CountRange(1, grid.Rank - 1), Mode, Padding, AlignCorners);
        return GridSampleKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request)
    {
        int taps = Mode switch { ResizeMode.Nearest => 1, ResizeMode.Linear => 2, _ => 4 };
        return Cost.PerElement(request, 2 * Math.Pow(taps, request.Inputs.Shape(0).Rank - 2));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        Shape x = inputs.Shape(0);
        Shape grid = inputs.Shape(1);
        int rank = x.Rank - 2;
        if (rank is < 1 or > 3 || grid.Rank != x.Rank || grid[0] != x[0] || grid[^1] != rank || x.Dims[2..].Contains(0))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"{x} and the grid {grid} do not fit, expected [N,C,spatial...] and [N,out...,rank] with 1 to 3 spatial axes", "check the grid");
        }
        if (inputs.Type(0) != inputs.Type(1))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"{inputs[0]} and the grid {inputs[1]} differ in type", "cast one of them");
        }
        return [inputs[0] with { Shape = new Shape([x[0], x[1], .. grid.Dims[1..^1]]) }];
    }
}
