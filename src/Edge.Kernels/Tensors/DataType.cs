namespace Edge.Kernels.Tensors;

/// <summary>Element type of a tensor. The numbers are written into <c>.edge</c> files: they may only grow.</summary>
public enum DataType : byte
{
    Unknown = 0,
    F32 = 1,
    F16 = 2,
    F64 = 3,
    S8 = 4,
    U8 = 5,
    S16 = 6,
    U16 = 7,
    S32 = 8,
    U32 = 9,
    S64 = 10,
    U64 = 11,
    Bool = 12,
}

/// <summary>Facts about <see cref="DataType"/>.</summary>
public static class DataTypes
{
    /// <summary>Every type that a tensor can have, in persisted order.</summary>
    public static readonly DataType[] All =
    [
        DataType.F32, DataType.F16, DataType.F64, DataType.S8, DataType.U8, DataType.S16,
        DataType.U16, DataType.S32, DataType.U32, DataType.S64, DataType.U64, DataType.Bool,
    ];

    /// <summary>Bytes per element; 0 for <see cref="DataType.Unknown"/>.</summary>
    public static int Size(this DataType type) => type switch
    {
        DataType.S8 or DataType.U8 or DataType.Bool => 1,
        DataType.F16 or DataType.S16 or DataType.U16 => 2,
        DataType.F32 or DataType.S32 or DataType.U32 => 4,
        DataType.F64 or DataType.S64 or DataType.U64 => 8,
        _ => 0,
    };

    public static bool IsFloat(this DataType type) => type is DataType.F32 or DataType.F16 or DataType.F64;

    public static bool IsInteger(this DataType type) => type is >= DataType.S8 and <= DataType.U64;

    public static bool IsSigned(this DataType type) =>
        type is DataType.F32 or DataType.F16 or DataType.F64 or DataType.S8 or DataType.S16 or DataType.S32 or DataType.S64;

    /// <summary>The short name used in row names and messages: <c>f32</c>, <c>s8</c>, <c>bool</c>.</summary>
    public static string Name(this DataType type) => type switch
    {
        DataType.F32 => "f32",
        DataType.F16 => "f16",
        DataType.F64 => "f64",
        DataType.S8 => "s8",
        DataType.U8 => "u8",
        DataType.S16 => "s16",
        DataType.U16 => "u16",
        DataType.S32 => "s32",
        DataType.U32 => "u32",
        DataType.S64 => "s64",
        DataType.U64 => "u64",
        DataType.Bool => "bool",
        _ => "unknown",
    };

    /// <summary>The type whose C# element is <typeparamref name="T"/>.</summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not an element type.</exception>
    public static DataType Of<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DataType.F32;
        if (typeof(T) == typeof(Half)) return DataType.F16;
        if (typeof(T) == typeof(double)) return DataType.F64;
        if (typeof(T) == typeof(sbyte)) return DataType.S8;
        if (typeof(T) == typeof(byte)) return DataType.U8;
        if (typeof(T) == typeof(short)) return DataType.S16;
        if (typeof(T) == typeof(ushort)) return DataType.U16;
        if (typeof(T) == typeof(int)) return DataType.S32;
        if (typeof(T) == typeof(uint)) return DataType.U32;
        if (typeof(T) == typeof(long)) return DataType.S64;
        if (typeof(T) == typeof(ulong)) return DataType.U64;
        if (typeof(T) == typeof(bool)) return DataType.Bool;
        throw new ArgumentException($"{typeof(T)} is not a tensor element type");
    }

    /// <summary>Calls <paramref name="visitor"/> with the C# element type of <paramref name="type"/>: the one place that turns a run-time type into a generic argument.</summary>
    public static TResult Visit<TVisitor, TResult>(this DataType type, TVisitor visitor) where TVisitor : IDataTypeVisitor<TResult> => type switch
    {
        DataType.F32 => visitor.Visit<float>(),
        DataType.F16 => visitor.Visit<Half>(),
        DataType.F64 => visitor.Visit<double>(),
        DataType.S8 => visitor.Visit<sbyte>(),
        DataType.U8 => visitor.Visit<byte>(),
        DataType.S16 => visitor.Visit<short>(),
        DataType.U16 => visitor.Visit<ushort>(),
        DataType.S32 => visitor.Visit<int>(),
        DataType.U32 => visitor.Visit<uint>(),
        DataType.S64 => visitor.Visit<long>(),
        DataType.U64 => visitor.Visit<ulong>(),
        _ => throw new ArgumentException($"no number type for {type.Name()}", nameof(type)),
    };
}

/// <summary>A generic call whose type argument is chosen at run time; see <see cref="DataTypes.Visit"/>. Bool has no number type and is not visited.</summary>
public interface IDataTypeVisitor<TResult>
{
    TResult Visit<T>() where T : unmanaged, System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T>;
}
