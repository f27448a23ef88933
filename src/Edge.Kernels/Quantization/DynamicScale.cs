namespace Edge.Kernels.Quantization;

/// <summary>
/// How a tensor is quantized whose range is known only when it is there, one scale for all of it: q = clamp(round(x * inverse) + zero, -128, 127)
/// stands for scale * (q - zero). With min and max the least and greatest element and 0:
/// scale = (max - min) / 255, inverse = 1 / scale, zero = clamp(round(-min * inverse), 0, 255) - 128. Everything is float32, each operation
/// rounded by itself; integers are rounded with ties to even. NaN does not widen the range and counts as 0; infinities widen it to the greatest finite
/// number and are clamped; where max - min overflows, scale = max / 255 - min / 255; a scale below the least normal number is 1.
/// </summary>
internal readonly record struct DynamicScale(float Scale, float Inverse, int Zero)
{
    private const float LeastNormal = 1.17549435e-38f;

    /// <summary>Least rounded product.</summary>
    public float Least => sbyte.MinValue - Zero;

    /// <summary>Greatest rounded product.</summary>
    public float Most => sbyte.MaxValue - Zero;

    /// <summary>The scale for a range.</summary>
    /// <param name="min">Not above 0, not NaN.</param>
    /// <param name="max">Not below 0, not NaN.</param>
    public static DynamicScale Of(float min, float max)
    {
        min = Math.Max(min, float.MinValue);
        max = Math.Min(max, float.MaxValue);
        float scale = (max - min) / byte.MaxValue;
        if (float.IsInfinity(scale))
        {
            scale = (max / byte.MaxValue) - (min / byte.MaxValue);
        }
        if (scale < LeastNormal)
        {
            scale = 1;
        }
        float inverse = 1 / scale;
        float zero = MathF.Round(-min * inverse);
        return new DynamicScale(scale, inverse, (int)Math.Clamp(zero, byte.MinValue, byte.MaxValue) + sbyte.MinValue);
    }

    /// <summary>One element.</summary>
    public sbyte Quantize(float x)
    {
        float product = x * Inverse;
        if (float.IsNaN(product))
        {
            return (sbyte)Zero;
        }
        return (sbyte)((int)MathF.Round(product < Least ? Least : product > Most ? Most : product) + Zero);
    }
}
