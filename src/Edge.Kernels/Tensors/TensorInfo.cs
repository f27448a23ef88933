namespace Edge.Kernels.Tensors;

/// <summary>What is known of a tensor before it is computed: element type, shape and quantization.</summary>
/// <param name="Type">Element type; <see cref="DataType.Unknown"/> where only a run can tell.</param>
/// <param name="Shape">Null where the shape depends on the data (for example the output of NonZero).</param>
/// <param name="Quant">How integers stand for real numbers; null for tensors that are not quantized.</param>
/// <param name="Layout">How the elements lie in memory; other than planar in plans only.</param>
public sealed record TensorInfo(DataType Type, Shape? Shape, QuantParams? Quant = null, Layout Layout = Layout.Planar)
{
    /// <summary>Nothing is known before the run.</summary>
    public static readonly TensorInfo Unknown = new(DataType.Unknown, null);

    public bool IsKnown => Shape is not null && Type != DataType.Unknown;

    /// <summary>The shape of a tensor whose shape is known.</summary>
    public Shape KnownShape => Shape ?? throw new InvalidOperationException("the shape depends on the data");

    /// <summary>The same without what is known of the integers that can occur: for operators that may compute others.</summary>
    public TensorInfo Unbounded => Quant is null ? this : this with { Quant = new QuantParams(Quant.Scales, Quant.ZeroPoints, Quant.Axis) };

    /// <summary>Size in memory; the info must be known.</summary>
    public long Bytes => checked(Layout.Elements(KnownShape) * Type.Size());

    public override string ToString() => $"{Type.Name()}{(Shape is { } s ? s.ToString() : "[?]")}{(Layout == Layout.Blocked8 ? "c8" : Layout == Layout.ChannelsLast ? "cl" : "")}";
}

/// <summary>
/// Affine quantization: real = scale * (q - zeroPoint). Per tensor (arrays of length 1, <paramref name="Axis"/> = -1)
/// or per channel along <paramref name="Axis"/>.
/// </summary>
/// <param name="Low">Least integer that can occur, as the operator that computes the tensor proves it. Never read from a file.</param>
/// <param name="High">Greatest integer that can occur.</param>
public sealed record QuantParams(float[] Scales, int[] ZeroPoints, int Axis = -1, int Low = int.MinValue, int High = int.MaxValue);
