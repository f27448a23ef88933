using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// What an operator that computes 8-bit or 16-bit integers says about its result: real = Scale * (y - Zero), y in [Low, High]. Stored as
/// <c>y_scale</c>, <c>y_zero</c>, <c>y_low</c>, <c>y_high</c>, <c>y_type</c>.
/// </summary>
/// <param name="Scale">Positive. Nothing is computed with it: the operator's integers stand for the ratio of scales.</param>
/// <param name="Zero">In [-128, 127]; 0 for s16.</param>
/// <param name="Low">Results are clamped to it.</param>
/// <param name="High">Results are clamped to it.</param>
/// <param name="Type">s8 or s16.</param>
public sealed record QuantResult(float Scale, int Zero, int Low = sbyte.MinValue, int High = sbyte.MaxValue, DataType Type = DataType.S8)
{
    /// <summary>A result of 16 bits: real = <paramref name="scale"/> * y.</summary>
    public static QuantResult Words(float scale, int low = short.MinValue, int high = short.MaxValue) => new(scale, 0, low, high, DataType.S16);

    public static QuantResult Read(AttributeReader reader)
    {
        float scale = reader.Float("y_scale", 1);
        DataType type = reader.Enum("y_type", DataType.S8);
        if (type is not (DataType.S8 or DataType.S16))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"y_type is {type.Name()}, expected s8 or s16");
        }
        (int least, int most) = Range(type);
        int zero = type == DataType.S8 ? reader.Int("y_zero", 0, least, most) : reader.Int("y_zero", 0, 0, 0);
        int low = reader.Int("y_low", least, least, most);
        int high = reader.Int("y_high", most, least, most);
        if (!float.IsFinite(scale) || scale <= 0)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"y_scale is {scale}, expected a positive number");
        }
        return low <= high
            ? new QuantResult(scale, zero, low, high, type)
            : throw new EdgeException(EdgeError.BadAttribute, $"y_low is {low}, more than y_high, {high}");
    }

    public void Write(AttributeWriter writer)
    {
        (int least, int most) = Range(Type);
        writer.Float("y_scale", Scale, 1);
        writer.Int("y_zero", Zero, 0);
        writer.Int("y_low", Low, least);
        writer.Int("y_high", High, most);
        writer.Int("y_type", (long)Type, (long)DataType.S8);
    }

    /// <summary>The info of a result of <paramref name="shape"/>.</summary>
    public TensorInfo Info(Shape shape) => new(Type, shape, new QuantParams([Scale], [Zero], -1, Low, High));

    /// <summary>Least and greatest integer of the type.</summary>
    public static (int Low, int High) Range(DataType type) => type == DataType.S16 ? (short.MinValue, short.MaxValue) : (sbyte.MinValue, sbyte.MaxValue);
}
