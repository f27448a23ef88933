using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Gradient of a <see cref="MaxPool"/>. Inputs: x, the gradient of the result; output: the gradient of x. See <see cref="MaxPoolGradientKernels"/>.</summary>
public sealed record MaxPoolGradient : PoolOperator
{
    public const string Name = "MaxPoolGradient";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new MaxPoolGradient
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        CeilMode = reader.Flag("ceil_mode"),
    };

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.Planar(request.Inputs.Count);

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        MaxPoolGradientKernels.Table.Prepare(Problem(request.Inputs.Type(0), request.Inputs.Shape(0), request.Inputs.Shape(1)), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        TypeRules.RequireFloat(inputs);
        TypeRules.RequireSameType(inputs, 1);
        RequirePooled(inputs.Shape(0), inputs.Shape(1));
        return [new TensorInfo(inputs.Type(0), inputs.Shape(0))];
    }
}

/// <summary>
/// The adjoint of summing over windows, the gradient of averages and norms. Input: g of the pooled shape; output: of shape
/// <see cref="Dims"/>. See <see cref="PoolSpreadProblem"/>.
/// </summary>
public sealed record PoolSpread : PoolOperator
{
    public const string Name = "PoolSpread";

    /// <summary>Shape of what was pooled, [N,C,spatial...].</summary>
    public required int[] Dims { get; init; }

    /// <summary>Each element of g is divided by the number of elements of its window.</summary>
    public bool IsAverage { get; init; }

    /// <summary>Padding counts for the average.</summary>
    public bool CountIncludePad { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new PoolSpread
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        CeilMode = reader.Flag("ceil_mode"),
        Dims = reader.RequiredInts("dims"),
        IsAverage = reader.Flag("average"),
        CountIncludePad = reader.Flag("count_include_pad"),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        base.WriteAttributes(writer);
        writer.Ints("dims", Dims);
        writer.Flag("average", IsAverage);
        writer.Flag("count_include_pad", CountIncludePad);
    }

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.Planar(request.Inputs.Count);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        PoolProblem problem = Problem(request.Inputs.Type(0), new Shape(Dims), request.Inputs.Shape(0)) with { CountIncludePad = CountIncludePad };
        return PoolSpreadKernels.Table.Prepare(new PoolSpreadProblem(problem, IsAverage), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        TypeRules.RequireFloat(inputs);
        Shape x = GradientRules.Dims(Dims);
        RequirePooled(x, inputs.Shape(0));
        return [new TensorInfo(inputs.Type(0), x)];
    }
}
