using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>The formulas of affine quantization: real = scale * (integer - zero).</summary>
internal static unsafe class Affine
{
    /// <summary>Round(ratio) + zero, ties to even, saturated to [low, high]; NaN gives zero.</summary>
    /// <param name="ratio">The real number divided by the scale.</param>
    public static int Quantize(double ratio, int zero, int low, int high) =>
        double.IsNaN(ratio) ? zero : (int)Math.Clamp(Math.Round(ratio, MidpointRounding.ToEven) + zero, low, high);

    /// <summary>
    /// An accumulator in units of xScale * wScale, in units of yScale. The factor and the product are rounded to float32.
    /// </summary>
    public static int Requantize(int accumulator, float factor, int zero, int low, int high) =>
        Quantize(accumulator * factor, zero, low, high);

    /// <summary>Limits of an 8 or 16 bit type.</summary>
    public static (int Low, int High) Range(DataType type) => type switch
    {
        DataType.S8 => (sbyte.MinValue, sbyte.MaxValue),
        DataType.U8 => (byte.MinValue, byte.MaxValue),
        DataType.S16 => (short.MinValue, short.MaxValue),
        DataType.U16 => (ushort.MinValue, ushort.MaxValue),
        _ => throw new ArgumentException($"{type.Name()} is no type of quantized values", nameof(type)),
    };

    /// <summary>An 8-bit integer.</summary>
    public static int Read8(byte* source, bool signed) => signed ? (sbyte)*source : *source;

    /// <summary>A 16-bit integer.</summary>
    public static int Read16(byte* source, bool signed) => signed ? *(short*)source : *(ushort*)source;

    /// <summary>Element <paramref name="index"/> of integers of type s8 or s16.</summary>
    public static int Read(byte* source, DataType type, long index) => type == DataType.S16 ? ((short*)source)[index] : ((sbyte*)source)[index];

    /// <summary>Writes element <paramref name="index"/> of integers of type s8 or s16; <paramref name="value"/> lies within the type.</summary>
    public static void Write(byte* target, DataType type, long index, int value)
    {
        if (type == DataType.S16)
        {
            ((short*)target)[index] = (short)value;
        }
        else
        {
            ((sbyte*)target)[index] = (sbyte)value;
        }
    }
}
