using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Mean over windows of 8-bit or 16-bit integers (s8, s16), in integers only (docs/quantization.md). Global pooling is a window of the input's size.
/// </summary>
public sealed record QuantAveragePool : PoolOperator
{
    public const string Name = "QuantAveragePool";

    /// <summary>Padding counts as zeros instead of being left out of the mean.</summary>
    public bool CountIncludePad { get; init; }

    /// <summary>The integer that stands for 0 in X; 0 for s16.</summary>
    public int XZero { get; init; }

    /// <summary>Scale of X / scale of the result, positive.</summary>
    public float Ratio { get; init; } = 1;

    public required QuantResult Result { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantAveragePool
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        CeilMode = reader.Flag("ceil_mode"),
        CountIncludePad = reader.Flag("count_include_pad"),
        XZero = reader.Int("x_zero", 0, sbyte.MinValue, sbyte.MaxValue),
        Ratio = ReadRatio(reader),
        Result = QuantResult.Read(reader),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        base.WriteAttributes(writer);
        writer.Flag("count_include_pad", CountIncludePad);
        writer.Int("x_zero", XZero, 0);
        writer.Float("ratio", Ratio, 1);
        Result.Write(writer);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        int rank = x.Rank - 2;
        var problem = new QuantAveragePoolProblem(
            x[0], x[1], WindowRules.Spatial(x, rank), WindowRules.Spatial(request.OutputShape(), rank),
            WindowRules.Create(rank, Kernel, Strides, Pads, Dilations), CountIncludePad, XZero, Result.Zero, Result.Low, Result.High, Ratio, request.Inputs[0].Layout)
        {
            XType = request.Inputs.Type(0),
            YType = Result.Type,
        };
        return QuantAveragePoolKernels.Table.Prepare(problem, request.Query);
    }

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        QuantRules.RequireQuantized(inputs, 0);
        QuantRules.RequireZero(inputs, 0, XZero);
        return [Result.Info(PooledShape(inputs))];
    }

    private static float ReadRatio(AttributeReader reader)
    {
        float ratio = reader.Float("ratio", 1);
        return float.IsFinite(ratio) && ratio > 0 ? ratio : throw new EdgeException(EdgeError.BadAttribute, $"ratio is {ratio}, expected a positive number");
    }
}
