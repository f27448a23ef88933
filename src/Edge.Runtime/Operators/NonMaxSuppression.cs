using Edge.Kernels.Detection;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Greedy choice of boxes [N,B,4] by scores [N,C,B]; further inputs: most boxes per class (s64), overlap and score thresholds
/// (f32), each a scalar or absent but with its place. Output [taken,3] (s64): batch, class, box.
/// </summary>
public sealed record NonMaxSuppression : Operator
{
    public const string Name = "NonMaxSuppression";

    /// <summary>Boxes are centre x, centre y, width, height; else two opposite corners y, x, y, x.</summary>
    public bool Centers { get; init; }

    public override string Kind => Name;

    public override bool HasDataDependentShape => true;

    public static Operator Read(AttributeReader reader) => new NonMaxSuppression { Centers = reader.Flag("centers") };

    public override void WriteAttributes(AttributeWriter writer) => writer.Flag("centers", Centers);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape scores = request.Inputs.Shape(1);
        return NonMaxSuppressionKernels.Table.Prepare(new NonMaxSuppressionProblem(scores[0], scores[1], scores[2], Centers), request.Query);
    }

    /// <summary>Sorting, and comparing every box with every other at worst a few times.</summary>
    public override Cost EstimateCost(in KernelRequest request) => new(request.Inputs.Shape(1).Count * 16, Cost.TotalBytes(request));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(5, 5);
        Shape boxes = inputs.Shape(0);
        Shape scores = inputs.Shape(1);
        if (boxes.Rank != 3 || scores.Rank != 3 || boxes[2] != 4 || boxes[0] != scores[0] || boxes[1] != scores[2])
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"boxes {boxes} and scores {scores} do not fit, expected [N,B,4] and [N,C,B]", "check the order of the inputs");
        }
        RequireScalar(inputs, 2, DataType.S64, "most boxes per class");
        RequireScalar(inputs, 3, DataType.F32, "overlap threshold");
        RequireScalar(inputs, 4, DataType.F32, "score threshold");
        if (inputs.Type(0) != DataType.F32 || inputs.Type(1) != DataType.F32)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"boxes {inputs[0]} and scores {inputs[1]} have to be f32", "export the model in float32");
        }
        return [new TensorInfo(DataType.S64, null)];
    }

    private static void RequireScalar(in OperatorInputs inputs, int index, DataType type, string what)
    {
        if (inputs.Has(index) && (inputs.Type(index) != type || inputs.Shape(index).Count != 1))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} ({what}) is {inputs[index]}, expected one {type.Name()}", "give a scalar");
        }
    }
}
