using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Kernels.Tensors;

/// <summary>
/// A dense tensor in memory that does not move, row-major unless its <see cref="TensorInfo.Layout"/> says otherwise: constants of a graph, inputs and outputs of a session.
/// The memory is the tensor's own (<see cref="Allocate(TensorInfo)"/>) or belongs to an <c>owner</c> (a session, a file mapping that many tensors share), which this object keeps alive.
/// </summary>
public sealed unsafe class Tensor
{
    /// <summary>To begin at a multiple of the alignment, and one cache line behind the last element, which a vector load there may touch.</summary>
    private const int Padding = 2 * AlignedBuffer.Alignment;

    private static readonly long LargestArray = Array.MaxLength - Padding;

    /// <summary>A pinned byte[] that holds the elements, so that spans of them keep it alive; else what keeps <see cref="Data"/> valid.</summary>
    private readonly object _owner;

    private Tensor(TensorInfo info, byte* data, object owner)
    {
        Info = info;
        Data = data;
        _owner = owner;
    }

    public TensorInfo Info { get; }

    public DataType Type => Info.Type;

    public Shape Shape => Info.KnownShape;

    public long Count => Shape.Count;

    public long Bytes => Info.Bytes;

    /// <summary>First element. Valid while this object is reachable.</summary>
    public byte* Data { get; }

    /// <summary>The first element as a reference that the collector follows where the memory is an array.</summary>
    private ref byte First => ref _owner is byte[] array
        ? ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(array), (nint)(Data - (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array))))
        : ref *Data;

    /// <summary>A zeroed tensor with memory of its own.</summary>
    public static Tensor Allocate(DataType type, Shape shape) => Allocate(new TensorInfo(type, shape));

    /// <inheritdoc cref="Allocate(DataType, Shape)"/>
    public static Tensor Allocate(TensorInfo info)
    {
        if (info.Bytes > LargestArray)
        {
            var buffer = new AlignedBuffer(info.Bytes);
            return new Tensor(info, buffer.Data, buffer);
        }
        byte[] array = GC.AllocateArray<byte>((int)info.Bytes + Padding, pinned: true);
        byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        return new Tensor(info, (byte*)AlignedBuffer.Align((long)start), array);
    }

    /// <summary>A tensor that holds a copy of <paramref name="values"/>.</summary>
    /// <exception cref="ArgumentException">The number of values is not the number of elements of <paramref name="shape"/>.</exception>
    public static Tensor From<T>(Shape shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        if (values.Length != shape.Count)
        {
            throw new ArgumentException($"{values.Length} values given for shape {shape} of {shape.Count} elements", nameof(values));
        }
        Tensor tensor = Allocate(DataTypes.Of<T>(), shape);
        values.CopyTo(tensor.Span<T>());
        return tensor;
    }

    /// <summary>A scalar (rank 0).</summary>
    public static Tensor FromScalar<T>(T value) where T : unmanaged => From(Shape.Scalar, [value]);

    /// <summary>A vector (rank 1).</summary>
    public static Tensor FromVector<T>(params ReadOnlySpan<T> values) where T : unmanaged => From(new Shape(values.Length), values);

    /// <summary>A tensor over memory that <paramref name="owner"/> keeps valid. Nothing is copied.</summary>
    public static Tensor Wrap(TensorInfo info, byte* data, object owner) => new(info, data, owner);

    /// <summary>The same memory seen with another shape of the same number of elements.</summary>
    public Tensor Reshape(Shape shape) =>
        shape.Count == Count
            ? new Tensor(Info with { Shape = shape }, Data, _owner)
            : throw new ArgumentException($"{Shape} cannot be seen as {shape}", nameof(shape));

    /// <summary>
    /// The elements as they lie in memory, as <typeparamref name="T"/>, which must be the C# type of <see cref="Type"/> (bool may be read as byte).
    /// The span keeps the memory of an allocated tensor alive, but not that of an owner (a session, a model): hold on to those; <see cref="ToArray"/> is always safe.
    /// </summary>
    public Span<T> Span<T>() where T : unmanaged
    {
        bool same = DataTypes.Of<T>() == Type || (typeof(T) == typeof(byte) && Type == DataType.Bool);
        return same
            ? MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref First), checked((int)(Bytes / Type.Size())))
            : throw new InvalidOperationException($"the tensor holds {Type.Name()}, not {DataTypes.Of<T>().Name()}");
    }

    /// <summary>A copy of the elements.</summary>
    /// <inheritdoc cref="Span"/>
    public T[] ToArray<T>() where T : unmanaged
    {
        T[] values = Span<T>().ToArray();
        GC.KeepAlive(this);
        return values;
    }

    /// <summary>The raw bytes; at most 2 GiB.</summary>
    /// <inheritdoc cref="Span"/>
    public Span<byte> ByteSpan() => MemoryMarshal.CreateSpan(ref First, checked((int)Bytes));

    /// <summary>A copy with memory of its own.</summary>
    public Tensor Clone()
    {
        Tensor copy = Allocate(Info);
        Buffer.MemoryCopy(Data, copy.Data, Bytes, Bytes);
        GC.KeepAlive(this);
        return copy;
    }

    /// <summary>The elements of an integer or bool tensor widened to 64 bits, for shapes, axes and the like.</summary>
    public long[] ToInt64() => Type switch
    {
        DataType.S64 => ToArray<long>(),
        DataType.S32 => [.. Widen<int>()],
        DataType.S16 => [.. Widen<short>()],
        DataType.S8 => [.. Widen<sbyte>()],
        DataType.U8 or DataType.Bool => [.. Widen<byte>()],
        DataType.U16 => [.. Widen<ushort>()],
        DataType.U32 => [.. Widen<uint>()],
        _ => throw new InvalidOperationException($"{Type.Name()} does not hold integers that fit 64 bits"),
    };

    /// <summary>The elements converted to double, for scales, bounds and comparison.</summary>
    public double[] ToDouble() => Type == DataType.Bool
        ? [.. ToArray<byte>().Select(b => (double)b)]
        : Type.Visit<DoubleReader, double[]>(new DoubleReader(this));

    public override string ToString()
    {
        GC.KeepAlive(_owner);
        return Info.ToString();
    }

    private long[] Widen<T>() where T : unmanaged, System.Numerics.INumber<T>
    {
        Span<T> source = Span<T>();
        var result = new long[source.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = long.CreateChecked(source[i]);
        }
        GC.KeepAlive(this);
        return result;
    }

    private readonly struct DoubleReader(Tensor tensor) : IDataTypeVisitor<double[]>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public double[] Visit<T>() where T : unmanaged, System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T>
        {
            Span<T> source = tensor.Span<T>();
            var result = new double[source.Length];
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = double.CreateTruncating(source[i]);
            }
            GC.KeepAlive(tensor);
            return result;
        }
    }
}
