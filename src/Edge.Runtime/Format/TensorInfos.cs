using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using static Edge.Runtime.Format.FileRule;

namespace Edge.Runtime.Format;

/// <summary>Reads types and shapes from a header.</summary>
internal static class TensorInfos
{
    /// <param name="what">Named in errors.</param>
    /// <exception cref="EdgeException">The info breaks a rule or a limit.</exception>
    public static TensorInfo Read(Wire.TensorInfo? wire, string what)
    {
        Require(wire is not null, $"{what} has no type");
        int number = (int)wire!.Type;
        Require(number == 0 || Array.IndexOf(DataTypes.All, (DataType)number) >= 0 && number <= byte.MaxValue, $"{what} has type number {number}, which this version does not know");
        Require(wire.Layout == Wire.Layout.RowMajor, $"{what} has layout number {(int)wire.Layout}, which this version does not know");
        var info = new TensorInfo((DataType)number, wire.Shape is null ? null : ReadShape(wire.Shape, what));
        if (info.IsKnown)
        {
            RequireSize(info, what);
        }
        return wire.Quantization is { } quantization ? info with { Quant = ReadQuantization(quantization, info, what) } : info;
    }

    /// <summary>Reads an info that has to be known.</summary>
    public static TensorInfo ReadKnown(Wire.TensorInfo? wire, string what)
    {
        TensorInfo info = Read(wire, what);
        Require(info.IsKnown, $"{what} has no known type and shape");
        return info;
    }

    private static Shape ReadShape(Wire.Shape wire, string what)
    {
        Require(wire.Dims.Count <= Limits.MaxRank, $"{what} has rank {wire.Dims.Count}, at most {Limits.MaxRank} is supported");
        Require(wire.Symbols.Count == 0 || wire.Symbols.Count == wire.Dims.Count, $"{what} has {wire.Symbols.Count} names for {wire.Dims.Count} dimensions");
        Span<int> dims = stackalloc int[wire.Dims.Count];
        for (int i = 0; i < dims.Length; i++)
        {
            long dim = wire.Dims[i];
            Require(dim is >= 0 and <= int.MaxValue, $"{what} has dimension {dim}");
            dims[i] = (int)dim;
        }
        return new Shape(dims);
    }

    private static void RequireSize(TensorInfo info, string what)
    {
        ReadOnlySpan<int> dims = info.KnownShape.Dims;
        // Past the limit the product stays where it is, unless a later dimension is 0.
        long bytes = info.Type.Size();
        foreach (int dim in dims)
        {
            bytes = dims.Contains(0) ? 0 : Math.Min(bytes * dim, Limits.MaxTensorBytes + 1L);
        }
        Require(bytes <= Limits.MaxTensorBytes, $"{what} is {info}, larger than 2 GiB, the limit of one tensor");
    }

    private static QuantParams ReadQuantization(Wire.Quantization wire, TensorInfo info, string what)
    {
        Require(wire.Axis >= -1 && wire.Axis < (info.Shape?.Rank ?? 0), $"{what} is quantized along axis {wire.Axis}");
        int count = wire.Axis < 0 ? 1 : info.KnownShape[wire.Axis];
        Require(wire.Scales.Count == count && wire.ZeroPoints.Count == count, $"{what} has {wire.Scales.Count} scales and {wire.ZeroPoints.Count} zero points, expected {count}");
        Require(wire.Scales.All(s => float.IsFinite(s) && s > 0), $"{what} has a scale that is not a positive number");
        return new QuantParams([.. wire.Scales], [.. wire.ZeroPoints], wire.Axis);
    }
}
