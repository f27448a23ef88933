using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Position (s64) of the largest or least element along an axis. The kind is ArgMax or ArgMin.</summary>
public sealed record ArgReduce : Operator
{
    public const string MaxName = "ArgMax";
    public const string MinName = "ArgMin";

    /// <summary>In [0, rank).</summary>
    public required int Axis { get; init; }

    /// <summary>The least element instead of the largest.</summary>
    public bool Least { get; init; }

    /// <summary>Whether the axis stays with length 1.</summary>
    public bool KeepDims { get; init; } = true;

    /// <summary>Among equals the last one, else the first.</summary>
    public bool SelectLast { get; init; }

    public override string Kind => Least ? MinName : MaxName;

    public static Operator ReadMax(AttributeReader reader) => Read(reader, least: false);

    public static Operator ReadMin(AttributeReader reader) => Read(reader, least: true);

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Flag("keep_dims", KeepDims, true);
        writer.Flag("select_last", SelectLast);
    }

    public override Cost EstimateCost(in KernelRequest request) => new(request.Inputs.Shape(0).Count / 2, Cost.TotalBytes(request));

    public override PreparedKernel CreateKernel(in KernelRequest request) => ArgReduceKernels.Table.Prepare(
        new ArgReduceProblem(request.Inputs.Type(0), request.Inputs.Shape(0), Axis, Least, SelectLast), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape shape = inputs.Shape(0);
        AxisRules.Require(Axis, shape);
        if (inputs.Type(0) == DataType.Bool)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"{Kind} is not defined for bool");
        }
        Shape kept = shape.With(Axis, 1);
        if (shape[Axis] == 0 && kept.Count > 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"axis {Axis} of {shape} is empty: there is no {(Least ? "least" : "largest")} element");
        }
        return [new TensorInfo(DataType.S64, KeepDims ? kept : new Shape([.. shape.ToArray().Where((_, axis) => axis != Axis)]))];
    }

    private static ArgReduce Read(AttributeReader reader, bool least) => new()
    {
        Axis = reader.Int("axis", 0, 0),
        Least = least,
        KeepDims = reader.Flag("keep_dims", true),
        SelectLast = reader.Flag("select_last"),
    };
}
