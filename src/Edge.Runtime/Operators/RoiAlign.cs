using Edge.Kernels.Detection;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Pools regions [R,4] (x1, y1, x2, y2) of images [N,C,H,W], chosen by batch indices [R] (s64), into bins:
/// [R,C,OutputHeight,OutputWidth]. From "Mask R-CNN" (2017).
/// </summary>
public sealed record RoiAlign : Operator
{
    public const string Name = "RoiAlign";

    /// <summary>Bins, at least 1.</summary>
    public int OutputHeight { get; init; } = 1;

    public int OutputWidth { get; init; } = 1;

    /// <summary>Samples per bin and axis; 0 = the size of the bin, rounded up.</summary>
    public int SamplingRatio { get; init; }

    /// <summary>Positions of the image per unit of a region's coordinates.</summary>
    public float SpatialScale { get; init; } = 1;

    /// <summary>Coordinates are shifted by half a position.</summary>
    public bool HalfPixel { get; init; }

    /// <summary>The largest weighted neighbour instead of the mean.</summary>
    public bool TakesMax { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new RoiAlign
    {
        OutputHeight = reader.Int("output_height", 1, 1),
        OutputWidth = reader.Int("output_width", 1, 1),
        SamplingRatio = reader.Int("sampling_ratio", 0, 0),
        SpatialScale = reader.Float("spatial_scale", 1),
        HalfPixel = reader.Flag("half_pixel"),
        TakesMax = reader.Flag("max"),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("output_height", OutputHeight, 1);
        writer.Int("output_width", OutputWidth, 1);
        writer.Int("sampling_ratio", SamplingRatio, 0);
        writer.Float("spatial_scale", SpatialScale, 1);
        writer.Flag("half_pixel", HalfPixel);
        writer.Flag("max", TakesMax);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        var problem = new RoiAlignProblem(
            request.Inputs.Type(0), x[0], x[1], x[2], x[3], request.Inputs.Shape(1)[0], OutputHeight, OutputWidth, SamplingRatio, SpatialScale, HalfPixel, TakesMax);
        return RoiAlignKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        Cost.PerElement(request, 8.0 * Math.Max(1, SamplingRatio) * Math.Max(1, SamplingRatio));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        Shape x = inputs.Shape(0);
        Shape regions = inputs.Shape(1);
        if (x.Rank != 4 || x[2] == 0 || x[3] == 0 || regions.Rank != 2 || regions[1] != 4 || inputs.Shape(2) != new Shape(regions[0]))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"{x}, {regions} and {inputs.Shape(2)} do not fit, expected [N,C,H,W], [R,4] and [R]", "check the order of the inputs");
        }
        if (inputs.Type(0) != inputs.Type(1) || inputs.Type(2) != DataType.S64)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"{inputs[0]}, {inputs[1]} and {inputs[2]} do not fit, expected two of one type and s64", "cast the inputs");
        }
        return [inputs[0] with { Shape = new Shape(regions[0], x[1], OutputHeight, OutputWidth) }];
    }
}
