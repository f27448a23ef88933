using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Any function of one integer: activations, and changes of scale. Inputs: X (s8), table ([256], of the type of the result): y = table[x + 128]; or X (s16), table
/// (s16, [513]): interpolation between every 128th integer (docs/quantization.md). For an s8 result of s16 its entries are 256ths of a step.
/// </summary>
public sealed record QuantTable : Operator
{
    public const string Name = "QuantTable";

    public required QuantResult Result { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantTable { Result = QuantResult.Read(reader) };

    public override void WriteAttributes(AttributeWriter writer) => Result.Write(writer);

    public override bool CanRunInPlace(int index) => index == 0;

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        QuantTableKernels.Table.Prepare(Problem(request.Inputs.Type(0), request.OutputShape().Count), request.Query);

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        QuantRules.RequireQuantized(inputs, 0);
        DataType x = inputs.Type(0);
        QuantRules.RequireType(inputs, 1, x == DataType.S8 ? Result.Type : DataType.S16);
        int entries = x == DataType.S8 ? 256 : QuantTableProblem.WordEntries;
        if (inputs.Shape(1) != new Shape(entries))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the table has shape {inputs.Shape(1)}, expected [{entries}] for {x.Name()}");
        }
        return [Bounded(x, inputs.Constant(1)).Info(inputs.Shape(0))];
    }

    private QuantTableProblem Problem(DataType x, long count) => new(count) { XType = x, YType = Result.Type, Low = Result.Low, High = Result.High };

    /// <summary>Bounds are believed where the entries show them; between entries lie no greater and no smaller results.</summary>
    private QuantResult Bounded(DataType x, Tensor? table)
    {
        (int low, int high) = QuantResult.Range(Result.Type);
        if (table is null)
        {
            return x == DataType.S16 ? Result : Result with { Low = low, High = high };
        }
        (int least, int most) = table.Type == DataType.S8 ? Limits<sbyte>(table) : Limits<short>(table);
        return x == DataType.S8
            ? Result with { Low = least, High = most }
            : Result with { Low = Problem(x, 1).Finish(least << QuantTableProblem.FractionBits), High = Problem(x, 1).Finish(most << QuantTableProblem.FractionBits) };
    }

    private static (int Least, int Most) Limits<T>(Tensor table) where T : unmanaged, IBinaryInteger<T>
    {
        T[] entries = table.ToArray<T>();
        return (int.CreateChecked(entries.Min()), int.CreateChecked(entries.Max()));
    }
}
