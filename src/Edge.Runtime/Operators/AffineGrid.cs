using Edge.Kernels.Dispatch;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Grid points for <see cref="GridSample"/> from affine matrices [N,2,3] or [N,3,4]: [N,spatial...,rank].</summary>
public sealed record AffineGrid : Operator
{
    public const string Name = "AffineGrid";

    /// <summary>H, W or D, H, W of the grid.</summary>
    public required int[] Spatial { get; init; }

    /// <summary>-1 and 1 are the centres of the first and last position, else their outer edges.</summary>
    public bool AlignCorners { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) =>
        new AffineGrid { Spatial = reader.RequiredInts("spatial"), AlignCorners = reader.Flag("align_corners") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("spatial", Spatial);
        writer.Flag("align_corners", AlignCorners);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        AffineGridKernels.Table.Prepare(new AffineGridProblem(request.Inputs.Type(0), request.Inputs.Shape(0)[0], Spatial, AlignCorners), request.Query);

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2.0 * (Spatial.Length + 1));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape theta = inputs.Shape(0);
        int rank = Spatial.Length;
        if (rank is < 2 or > 3 || Spatial.Any(d => d < 0))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"the grid has dimensions [{string.Join(',', Spatial)}], expected 2 or 3, none negative", "correct the size");
        }
        if (theta.Rank != 3 || theta[1] != rank || theta[2] != rank + 1)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the matrices have shape {theta}, expected [N,{rank},{rank + 1}]", "correct theta or size");
        }
        return [inputs[0] with { Shape = new Shape([theta[0], .. Spatial, rank]) }];
    }
}
