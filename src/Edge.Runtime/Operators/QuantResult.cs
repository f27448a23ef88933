using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// What an operator that computes 8-bit integers (s8) says about its result: real = Scale * (y - Zero), y in [Low, High]. Stored as
/// <c>y_scale</c>, <c>y_zero</c>, <c>y_low</c>, <c>y_high</c>.
/// </summary>
/// <param name="Scale">Positive. Nothing is computed with it: the operator's integers stand for the ratio of scales.</param>
/// <param name="Zero">In [-128, 127].</param>
/// <param name="Low">Results are clamped to it.</param>
/// <param name="High">Results are clamped to it.</param>
public sealed record QuantResult(float Scale, int Zero, int Low = sbyte.MinValue, int High = sbyte.MaxValue)
{
    public static QuantResult Read(AttributeReader reader)
    {
        float scale = reader.Float("y_scale", 1);
        int low = reader.Int("y_low", sbyte.MinValue, sbyte.MinValue, sbyte.MaxValue);
        int high = reader.Int("y_high", sbyte.MaxValue, sbyte.MinValue, sbyte.MaxValue);
        if (!float.IsFinite(scale) || scale <= 0)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"y_scale is {scale}, expected a positive number");
        }
        return low <= high
            ? new QuantResult(scale, reader.Int("y_zero", 0, sbyte.MinValue, sbyte.MaxValue), low, high)
            : throw new EdgeException(EdgeError.BadAttribute, $"y_low is {low}, more than y_high, {high}");
    }

    public void Write(AttributeWriter writer)
    {
        writer.Float("y_scale", Scale, 1);
        writer.Int("y_zero", Zero, 0);
        writer.Int("y_low", Low, sbyte.MinValue);
        writer.Int("y_high", High, sbyte.MaxValue);
    }

    /// <summary>The info of a result of <paramref name="shape"/>.</summary>
    public TensorInfo Info(Shape shape) => new(DataType.S8, shape, new QuantParams([Scale], [Zero], -1, Low, High));
}
