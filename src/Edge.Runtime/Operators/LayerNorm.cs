using Edge.Kernels.Dispatch;
using Edge.Kernels.Normalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Normalizes over an axis and all behind it. Inputs: x, optional scale and bias of the normalized shape. Outputs: y, the mean
/// and 1 / sqrt(variance + epsilon), with normalized axes of length 1. The kind is LayerNorm, or RmsNorm where the mean is
/// left in.
/// </summary>
public sealed record LayerNorm : Operator
{
    public const string Name = "LayerNorm";
    public const string RootMeanSquareName = "RmsNorm";

    /// <summary>In [0, rank).</summary>
    public required int Axis { get; init; }

    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>False divides by the root of the mean square and leaves the mean in.</summary>
    public bool Centered { get; init; } = true;

    public override string Kind => Centered ? Name : RootMeanSquareName;

    public static Operator Read(AttributeReader reader) => Read(reader, centered: true);

    public static Operator ReadRootMeanSquare(AttributeReader reader) => Read(reader, centered: false);

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Float("epsilon", Epsilon, 1e-5f);
    }

    public override bool CanRunInPlace(int index) => index == 0;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 6);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.Inputs.Shape(0);
        int length = checked((int)shape.CountRange(Axis, shape.Rank));
        var problem = new RowNormProblem(
            request.Inputs.Type(0),
            shape.CountRange(0, Axis),
            length,
            Epsilon,
            Centered,
            request.Inputs.Has(1) ? RowScale.PerElement : RowScale.None,
            request.Inputs.Has(2),
            Scales: length,
            Outputs: request.Outputs.Length);
        return RowNormKernels.Table.Prepare(problem, request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 3);
        TypeRules.RequireFloat(inputs);
        Shape shape = inputs.Shape(0);
        AxisRules.Require(Axis, shape);
        var normalized = new Shape(shape.Dims[Axis..]);
        for (int i = 1; i < 3; i++)
        {
            TypeRules.RequireSameType(inputs, i);
            if (inputs.Has(i) && inputs.Shape(i) != normalized)
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} has shape {inputs.Shape(i)}, expected {normalized}: that of {shape} from axis {Axis} on");
            }
        }
        if (inputs.Has(2) && !inputs.Has(1))
        {
            throw new EdgeException(EdgeError.BadArity, "a bias is given without a scale");
        }
        int[] dims = shape.ToArray();
        dims.AsSpan(Axis).Fill(1);
        var statistics = new TensorInfo(inputs.Type(0), new Shape(dims));
        return [new TensorInfo(inputs.Type(0), shape), statistics, statistics];
    }

    private static LayerNorm Read(AttributeReader reader, bool centered) => new()
    {
        Axis = reader.Int("axis", 0, 0),
        Epsilon = reader.Float("epsilon", 1e-5f),
        Centered = centered,
    };
}
