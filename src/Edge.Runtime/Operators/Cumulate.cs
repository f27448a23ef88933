using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Running sums or products along an axis. The kind is CumSum or CumProd.</summary>
public sealed record Cumulate : Operator
{
    public const string SumName = "CumSum";
    public const string ProductName = "CumProd";

    /// <summary>In [0, rank).</summary>
    public required int Axis { get; init; }

    /// <summary>Products instead of sums.</summary>
    public bool Product { get; init; }

    /// <summary>Element i gets what precedes it, without itself.</summary>
    public bool Exclusive { get; init; }

    /// <summary>From the end of the axis to its start.</summary>
    public bool Reverse { get; init; }

    public override string Kind => Product ? ProductName : SumName;

    public static Operator ReadSum(AttributeReader reader) => Read(reader, product: false);

    public static Operator ReadProduct(AttributeReader reader) => Read(reader, product: true);

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Flag("exclusive", Exclusive);
        writer.Flag("reverse", Reverse);
    }

    public override bool CanRunInPlace(int index) => true;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 1);

    public override PreparedKernel CreateKernel(in KernelRequest request) => CumulateKernels.Table.Prepare(
        new CumulateProblem(request.Inputs.Type(0), request.Inputs.Shape(0), Axis, Product, Exclusive, Reverse), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        AxisRules.Require(Axis, inputs.Shape(0));
        return inputs.Type(0) != DataType.Bool
            ? [new TensorInfo(inputs.Type(0), inputs.Shape(0))]
            : throw new EdgeException(EdgeError.TypeMismatch, $"{Kind} is not defined for bool");
    }

    private static Cumulate Read(AttributeReader reader, bool product) => new()
    {
        Axis = reader.Int("axis", 0, 0),
        Product = product,
        Exclusive = reader.Flag("exclusive"),
        Reverse = reader.Flag("reverse"),
    };
}
