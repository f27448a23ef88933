using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Puts each element of X at the offset that MaxPool recorded in Indices (s64, same shape), zeros elsewhere. An optional third
/// input (s64, constant) gives the output's shape; else it is (input - 1) * stride + kernel - pads along each spatial axis.
/// </summary>
public sealed record MaxUnpool : Operator
{
    public const string Name = "MaxUnpool";

    /// <summary>Window of the pooling that is undone, one per spatial axis.</summary>
    public required int[] Kernel { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new MaxUnpool
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("kernel", Kernel);
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) => MaxUnpoolKernels.Table.Prepare(
        new MaxUnpoolProblem(request.Inputs.Shape(0).Count, request.OutputShape().Count, request.Inputs.Type(0).Size()), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 3);
        Shape x = inputs.Shape(0);
        if (inputs.Type(1) != DataType.S64 || inputs.Shape(1) != x)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the indices are {inputs[1]}, expected {DataType.S64.Name()}{x}");
        }
        if (inputs.Has(2))
        {
            return [inputs[0] with { Shape = inputs.Constant(2) is { } given ? GivenShape(given, x) : null }];
        }
        int rank = WindowRules.SpatialRank(x);
        Window window = WindowRules.Create(rank, Kernel, Strides, Pads, [.. Enumerable.Repeat(1, rank)]);
        int[] dims = x.ToArray();
        for (int i = 0; i < rank; i++)
        {
            int axis = Extent.MaxRank - rank + i;
            long size = ((dims[2 + i] - 1L) * window.Stride[axis]) + window.Kernel[axis] - window.PadBegin[axis] - window.PadEnd[axis];
            dims[2 + i] = size is >= 0 and <= int.MaxValue
                ? (int)size
                : throw new EdgeException(EdgeError.ShapeMismatch, $"axis {2 + i} of {x} would have {size} outputs, expected 0 to {int.MaxValue}", "correct kernel, strides or pads");
        }
        return [inputs[0] with { Shape = new Shape(dims) }];
    }

    private static Shape GivenShape(Tensor tensor, Shape x)
    {
        long[] dims = tensor.Type.IsInteger() ? tensor.ToInt64() : [];
        return dims.Length == x.Rank && dims.All(d => d is >= 0 and <= int.MaxValue)
            ? new Shape([.. dims.Select(d => (int)d)])
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the output shape is [{string.Join(',', dims)}], expected {x.Rank} dimensions of at least 0");
    }
}
