using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>Quantizes f32 to u8 by the range of the data. Outputs: y, its scale (f32 scalar), its zero point (u8 scalar).</summary>
public sealed record DynamicQuantizeLinear : Operator
{
    public const string Name = "DynamicQuantizeLinear";

    /// <summary>Number of outputs; all are written.</summary>
    public const int Outputs = 3;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new DynamicQuantizeLinear();

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 4);

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        DynamicQuantizeKernels.Table.Prepare(new DynamicQuantizeProblem(request.Inputs.Shape(0).Count), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        QuantRules.RequireType(inputs, 0, DataType.F32);
        QuantRules.RequireOutputs(inputs, Outputs);
        return [new TensorInfo(DataType.U8, inputs.Shape(0)), new TensorInfo(DataType.F32, Shape.Scalar), new TensorInfo(DataType.U8, Shape.Scalar)];
    }
}
