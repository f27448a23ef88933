using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Planning;

/// <summary>An operator that only plans contain: no model file and no user's graph has it.</summary>
public abstract record PlanOperator : Operator;

/// <summary>The same tensor in another layout.</summary>
/// <param name="To">Layout of the output.</param>
/// <param name="IsView">Both layouts have the same bytes for this tensor; see <see cref="Layouts.AreSame"/>.</param>
public sealed record Reorder(Layout To, bool IsView) : PlanOperator
{
    public override string Kind => "Reorder";

    public override int? ViewOf => IsView ? 0 : null;

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.Inputs.Shape(0);
        if (request.Inputs[0].Layout == Layout.ChannelsLast || To == Layout.ChannelsLast)
        {
            int positions = checked((int)shape.CountRange(2, shape.Rank));
            Shape matrices = To == Layout.ChannelsLast ? new Shape(shape[0], shape[1], positions) : new Shape(shape[0], positions, shape[1]);
            return StridedCopyKernels.Table.Prepare(TransposeKernels.Problem(matrices, [0, 2, 1], request.Inputs.Type(0).Size()), request.Query);
        }
        return ReorderKernels.Table.Prepare(
            new ReorderProblem(shape[0], shape[1], shape.CountRange(2, shape.Rank), request.Inputs[0].Layout, To), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs) => [inputs[0] with { Layout = To }];
}
