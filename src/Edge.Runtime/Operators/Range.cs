using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>The numbers from input 0 (start) to before input 1 (limit) in steps of input 2 (delta), all scalars of one type.</summary>
public sealed record Range : Operator
{
    public const string Name = "Range";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Range();

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        RangeKernels.Table.Prepare(new RangeProblem(request.OutputShape()[0], request.Inputs.Type(0)), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        for (int i = 0; i < 3; i++)
        {
            MovementRules.RequireSameType(inputs, 0, i);
            if (inputs.Shape(i).Count != 1 || inputs.Type(i) is DataType.Bool or DataType.U64)
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} is {inputs[i]}, expected one number");
            }
        }
        if (inputs.Constant(0) is not { } start || inputs.Constant(1) is not { } limit || inputs.Constant(2) is not { } delta)
        {
            return [new TensorInfo(inputs.Type(0), null)];
        }
        double count = inputs.Type(0).IsFloat()
            ? Math.Ceiling((limit.ToDouble()[0] - start.ToDouble()[0]) / delta.ToDouble()[0])
            : Count(start.ToInt64()[0], limit.ToInt64()[0], delta.ToInt64()[0]);
        return double.IsNaN(count) || count > int.MaxValue
            ? throw new EdgeException(EdgeError.TooLarge, $"a range from {start.ToDouble()[0]} to {limit.ToDouble()[0]} in steps of {delta.ToDouble()[0]} is asked for, expected a step other than 0 and at most {int.MaxValue} numbers")
            : [new TensorInfo(inputs.Type(0), new Shape((int)Math.Max(0, count)))];
    }

    private static double Count(Int128 start, Int128 limit, Int128 delta)
    {
        if (delta == 0)
        {
            return double.NaN;
        }
        Int128 span = delta > 0 ? limit - start : start - limit;
        Int128 step = Int128.Abs(delta);
        return (double)((span + step - 1) / step);
    }
}
