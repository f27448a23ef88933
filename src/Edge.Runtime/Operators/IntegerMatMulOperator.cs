using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// A * B as numpy.matmul has it, of 8-bit integers with int32 sums: A, B, optional zero points of A (single, [M] or [batch...,M,1])
/// and of B (single, [N] or [batch...,1,N]).
/// </summary>
public abstract record IntegerMatMulOperator : Operator
{
    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * MatMulSizes.Measure(request.Inputs).K, Cost.TotalBytes(request));

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        MatMulSizes sizes = MatMulSizes.Measure(inputs);
        var problem = new IntegerGemmProblem(
            inputs.Type(0), inputs.Type(1), request.Outputs[0].Type, sizes.M, sizes.N, sizes.K, sizes.AOffsets(), sizes.BOffsets(),
            inputs.Has(2) ? QuantRules.Lines(inputs, 2, sizes, columns: false) : null,
            inputs.Has(3) ? QuantRules.Lines(inputs, 3, sizes, columns: true) : null,
            Rescale(inputs));
        return IntegerGemmKernels.Table.Prepare(problem, request.Query);
    }

    /// <summary>How the sums become 8-bit integers; null where they are the result.</summary>
    protected abstract GemmRescale? Rescale(in OperatorInputs inputs);

    /// <summary>Shape of the result, after checking inputs 0 to 3.</summary>
    protected static Shape OutputShape(in OperatorInputs inputs)
    {
        QuantRules.Require8Bit(inputs, 0);
        QuantRules.Require8Bit(inputs, 1);
        MatMulSizes sizes = MatMulSizes.Measure(inputs);
        for (int i = 0; i < 2; i++)
        {
            QuantRules.RequireType(inputs, 2 + i, inputs.Type(i));
            _ = inputs.Has(2 + i) ? QuantRules.Lines(inputs, 2 + i, sizes, columns: i == 1) : null;
        }
        return sizes.Output;
    }
}
