using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y = saturate(round(x / scale) + zeroPoint), ties to even, divided in float32. NaN gives the zero point.
/// Inputs: x, scales (float32), zero points of the target type or null for 0.
/// </summary>
public sealed record QuantizeProblem(DataType Source, DataType Target, ScaleMap Map);

/// <summary>y = (x - zeroPoint) * scale in float32. Inputs: x, scales (float32), zero points of x's type or null for 0.</summary>
public sealed record DequantizeProblem(DataType Source, ScaleMap Map);

/// <summary>Real numbers to integers.</summary>
public static class QuantizeKernels
{
    public static readonly KernelTable<QuantizeProblem> Table = new(
        "quantize",
        [
            Row<float, byte>(), Row<float, sbyte>(), Row<float, ushort>(), Row<float, short>(),
            Row<int, byte>(), Row<int, sbyte>(), Row<int, ushort>(), Row<int, short>(),
        ]);

    private static KernelRow<QuantizeProblem> Row<TSource, TTarget>()
        where TSource : unmanaged, INumber<TSource>
        where TTarget : unmanaged, INumber<TTarget>, IMinMaxValue<TTarget>
    {
        DataType source = DataTypes.Of<TSource>();
        DataType target = DataTypes.Of<TTarget>();
        return new KernelRow<QuantizeProblem>(
            $"quantize_{source.Name()}_ref_{target.Name()}",
            CpuFeatures.None,
            p => p.Source == source && p.Target == target,
            p => new QuantizeReference<TSource, TTarget>(p.Map));
    }
}

/// <summary>Integers to real numbers.</summary>
public static class DequantizeKernels
{
    public static readonly KernelTable<DequantizeProblem> Table = new(
        "dequantize",
        [
            Row<byte>(), Row<sbyte>(), Row<ushort>(), Row<short>(), Row<int>(),
        ]);

    private static KernelRow<DequantizeProblem> Row<T>() where T : unmanaged, INumber<T>
    {
        DataType source = DataTypes.Of<T>();
        return new KernelRow<DequantizeProblem>(
            $"dequantize_{source.Name()}_ref", CpuFeatures.None, p => p.Source == source, p => new DequantizeReference<T>(p.Map));
    }
}
