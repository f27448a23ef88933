using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>Facts about a number type that generic formulas branch on; constants to the compiler.</summary>
internal static class NumberKind<T> where T : unmanaged, INumber<T>
{
    public static bool IsFloat => typeof(T) == typeof(float) || typeof(T) == typeof(double) || typeof(T) == typeof(Half);

    public static unsafe int Bits => sizeof(T) * 8;

    /// <summary>Whether a value is -1; false for every unsigned value.</summary>
    public static bool IsMinusOne(T value) => T.IsNegative(value) && T.IsZero(value + T.One);
}
