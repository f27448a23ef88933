using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>Lanes of integers, which wrap around: what the transforms of integer Winograd are written in.</summary>
/// <typeparam name="T">The integer of a lane.</typeparam>
internal unsafe interface IIntegerLanes<TSelf, T>
    where TSelf : struct, IIntegerLanes<TSelf, T>
    where T : unmanaged
{
    static abstract int Count { get; }

    static abstract TSelf Load(T* source);

    static abstract void Store(TSelf value, T* destination);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator <<(TSelf a, int bits);
}

/// <summary>16-bit integers.</summary>
internal unsafe interface IWordLanes<TSelf> : IIntegerLanes<TSelf, short> where TSelf : struct, IWordLanes<TSelf>
{
    /// <summary>As many bytes as there are lanes, with their signs.</summary>
    static abstract TSelf Widen(sbyte* source);
}

/// <summary>32-bit integers.</summary>
internal interface IIntLanes<TSelf> : IIntegerLanes<TSelf, int> where TSelf : struct, IIntLanes<TSelf>
{
    static abstract TSelf Splat(int value);

    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>Arithmetic.</summary>
    static abstract TSelf operator >>(TSelf a, int bits);
}

/// <summary>8 16-bit integers in a 128-bit register.</summary>
internal readonly unsafe struct I16x8(Vector128<short> value) : IWordLanes<I16x8>
{
    private readonly Vector128<short> _v = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x8 Load(short* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I16x8 value, short* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x8 operator +(I16x8 a, I16x8 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x8 operator -(I16x8 a, I16x8 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x8 operator <<(I16x8 a, int bits) => new(a._v << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x8 Widen(sbyte* source) => new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte()));
}

/// <summary>16 16-bit integers in a 256-bit register.</summary>
internal readonly unsafe struct I16x16(Vector256<short> value) : IWordLanes<I16x16>
{
    private readonly Vector256<short> _v = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x16 Load(short* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I16x16 value, short* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x16 operator +(I16x16 a, I16x16 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x16 operator -(I16x16 a, I16x16 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x16 operator <<(I16x16 a, int bits) => new(a._v << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x16 Widen(sbyte* source) => new(Avx2.ConvertToVector256Int16(Vector128.Load(source)));
}

/// <summary>32 16-bit integers in a 512-bit register.</summary>
internal readonly unsafe struct I16x32(Vector512<short> value) : IWordLanes<I16x32>
{
    private readonly Vector512<short> _v = value;

    public static int Count => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x32 Load(short* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I16x32 value, short* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x32 operator +(I16x32 a, I16x32 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x32 operator -(I16x32 a, I16x32 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x32 operator <<(I16x32 a, int bits) => new(a._v << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16x32 Widen(sbyte* source) => new(Avx512BW.ConvertToVector512Int16(Vector256.Load(source)));
}

/// <summary>4 32-bit integers in a 128-bit register.</summary>
internal readonly unsafe struct I32x4(Vector128<int> value) : IIntLanes<I32x4>
{
    private readonly Vector128<int> _v = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 Load(int* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I32x4 value, int* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 operator +(I32x4 a, I32x4 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 operator -(I32x4 a, I32x4 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 operator <<(I32x4 a, int bits) => new(a._v << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 Splat(int value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 operator *(I32x4 a, I32x4 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x4 operator >>(I32x4 a, int bits) => new(a._v >> bits);
}

/// <summary>8 32-bit integers in a 256-bit register.</summary>
internal readonly unsafe struct I32x8(Vector256<int> value) : IIntLanes<I32x8>
{
    private readonly Vector256<int> _v = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 Load(int* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I32x8 value, int* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 operator +(I32x8 a, I32x8 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 operator -(I32x8 a, I32x8 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 operator <<(I32x8 a, int bits) => new(a._v << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 Splat(int value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 operator *(I32x8 a, I32x8 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x8 operator >>(I32x8 a, int bits) => new(a._v >> bits);
}

/// <summary>16 32-bit integers in a 512-bit register.</summary>
internal readonly unsafe struct I32x16(Vector512<int> value) : IIntLanes<I32x16>
{
    private readonly Vector512<int> _v = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 Load(int* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I32x16 value, int* destination) => value._v.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 operator +(I32x16 a, I32x16 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 operator -(I32x16 a, I32x16 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 operator <<(I32x16 a, int bits) => new(a._v << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 Splat(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 operator *(I32x16 a, I32x16 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I32x16 operator >>(I32x16 a, int bits) => new(a._v >> bits);
}
