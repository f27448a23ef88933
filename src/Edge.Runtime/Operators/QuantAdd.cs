using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Sum of two tensors of 8 or 16 bits (s8, s16) and one shape: y = clamp((a * a_multiplier + b * b_multiplier + offset) >> shift, y_low, y_high), in
/// integers only (docs/quantization.md).
/// </summary>
public sealed record QuantAdd : Operator
{
    public const string Name = "QuantAdd";

    /// <summary>Round(scale of A / scale of the result * 2^<see cref="Shift"/>); in [-32768, 32767] where A, B and the result are s8.</summary>
    public required int AMultiplier { get; init; }

    /// <summary>The same for B.</summary>
    public required int BMultiplier { get; init; }

    /// <summary>Zero points, and half a step for rounding.</summary>
    public required int Offset { get; init; }

    /// <summary>0 to 30.</summary>
    public required int Shift { get; init; }

    public required QuantResult Result { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantAdd
    {
        AMultiplier = reader.Int("a_multiplier", 1),
        BMultiplier = reader.Int("b_multiplier", 1),
        Offset = reader.Int("offset", 0),
        Shift = reader.Int("shift", 0, 0, 30),
        Result = QuantResult.Read(reader),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("a_multiplier", AMultiplier, 1);
        writer.Int("b_multiplier", BMultiplier, 1);
        writer.Int("offset", Offset, 0);
        writer.Int("shift", Shift, 0);
        Result.Write(writer);
    }

    public override bool CanRunInPlace(int index) => true;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 4);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        var problem = new QuantAddProblem(request.OutputShape().Count, AMultiplier, BMultiplier, Offset, Shift, Result.Low, Result.High)
        {
            AType = request.Inputs.Type(0),
            BType = request.Inputs.Type(1),
            YType = Result.Type,
        };
        return QuantAddKernels.Table.Prepare(problem, request.Query);
    }

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request) => LayoutChoice.FollowChannelsLast(request.Inputs);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        QuantRules.RequireQuantized(inputs, 0);
        QuantRules.RequireQuantized(inputs, 1);
        if (inputs.Type(0) == DataType.S8 && inputs.Type(1) == DataType.S8 && Result.Type == DataType.S8)
        {
            RequireShort("a_multiplier", AMultiplier);
            RequireShort("b_multiplier", BMultiplier);
        }
        return inputs.Shape(0) == inputs.Shape(1)
            ? [Result.Info(inputs.Shape(0))]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the inputs have shapes {inputs.Shape(0)} and {inputs.Shape(1)}, expected one shape");
    }

    /// <summary>Rows for bytes multiply 16 bits.</summary>
    private static void RequireShort(string name, int value)
    {
        if (value is < short.MinValue or > short.MaxValue)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"{name} is {value}, expected {short.MinValue} to {short.MaxValue} between tensors of s8");
        }
    }
}
