using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Unit vectors: input 0 holds indices, input 1 the depth (one element), input 2 the values (off, on). The output has a new
/// axis of size depth, on at the index and off elsewhere.
/// </summary>
public sealed record OneHot : Operator
{
    public const string Name = "OneHot";

    /// <summary>Of the output, in [-r, r) where r is its rank.</summary>
    public int Axis { get; init; } = -1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new OneHot { Axis = reader.Int("axis", -1) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("axis", Axis, -1);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape output = request.OutputShape();
        int axis = MovementRules.Axis(Axis, output.Rank);
        OneHotProblem problem = output.Count == 0
            ? new OneHotProblem(0, 0, 0, request.Inputs.Type(0), 1)
            : new OneHotProblem(output.CountRange(0, axis), output[axis], output.CountRange(axis + 1, output.Rank), request.Inputs.Type(0), request.Inputs.Type(2).Size());
        return OneHotKernels.Table.Prepare(problem, request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        Shape indices = inputs.Shape(0);
        int axis = MovementRules.Axis(Axis, indices.Rank + 1);
        if (inputs.Shape(1).Count != 1 || inputs.Shape(2).Count != 2)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the depth is {inputs[1]} and the values are {inputs[2]}, expected one element and two");
        }
        if (inputs.Type(0) == DataType.Bool || inputs.Type(1) == DataType.Bool)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"indices are {inputs[0]} and the depth is {inputs[1]}, expected numbers");
        }
        if (inputs.Constant(1) is not { } depth)
        {
            return [new TensorInfo(inputs.Type(2), null)];
        }
        double size = depth.ToDouble()[0];
        int dim = size is >= 0 and <= int.MaxValue ? (int)size : throw new EdgeException(EdgeError.BadAttribute, $"the depth is {size}, expected 0 to {int.MaxValue}");
        return [new TensorInfo(inputs.Type(2), new Shape([.. indices.Dims[..axis], dim, .. indices.Dims[axis..]]))];
    }
}
