using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Maximum over windows; padding is ignored, NaN wins over every number. The optional second output (s64) holds the offset of
/// each maximum in the input.
/// </summary>
public sealed record MaxPool : PoolOperator
{
    public const string Name = "MaxPool";

    /// <summary>Offsets within a plane count the last axis fastest (0) or the first (1).</summary>
    public int StorageOrder { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new MaxPool
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        CeilMode = reader.Flag("ceil_mode"),
        StorageOrder = reader.Int("storage_order", 0, 0, 1),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        base.WriteAttributes(writer);
        writer.Int("storage_order", StorageOrder, 0);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) => request.Inputs[0].Layout == Layout.ChannelsLast
        ? BytePoolKernels.Table.Prepare(BytePoolProblem.Of(request.Inputs.Shape(0), Problem(request)), request.Query)
        : MaxPoolKernels.Table.Prepare(
        Problem(request) with { HasIndices = request.Outputs.Length > 1, ColumnMajorIndices = StorageOrder == 1 }, request.Query);

    /// <summary>Indices count the elements of a planar input.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request) =>
        request.Outputs.Length > 1 ? LayoutChoice.Planar(request.Inputs.Count) : base.ChooseLayouts(request);

    /// <summary>The gradient goes to the first maximum of each window.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (context.OutputGradient(0) is { } dy)
        {
            context.Give(0, context.Add(new MaxPoolGradient { Kernel = Kernel, Strides = Strides, Pads = Pads, Dilations = Dilations, CeilMode = CeilMode }, context.Input(0), dy));
        }
    }

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request) =>
        request.Inputs.Type(0) is DataType.S8 or DataType.S16 && request.Outputs.Length == 1 && request.Inputs.Shape(0).Rank > 2
            ? LayoutChoice.FollowFirst(request.Inputs)
            : LayoutChoice.Planar(request.Inputs.Count);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        Shape output = PooledShape(inputs);
        return inputs.Type(0) == DataType.Bool
            ? throw new EdgeException(EdgeError.TypeMismatch, "input 0 is bool, expected a number type", "insert a Cast")
            : [(EveryWindowHoldsInput ? inputs[0] : inputs[0].Unbounded) with { Shape = output }, new TensorInfo(DataType.S64, output)];
    }

    /// <summary>A window on padding alone gives the least value of the type.</summary>
    private bool EveryWindowHoldsInput => Array.TrueForAll(Dilations, d => d == 1) && Pads.Select((pad, i) => pad < Kernel[i % Kernel.Length]).All(inside => inside);
}
