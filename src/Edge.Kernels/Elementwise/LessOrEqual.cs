using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a &lt;= b; false for NaN</summary>
public readonly struct LessOrEqual : IComparison
{
    public static string Name => "LessOrEqual";

    public static bool Apply<T>(T a, T b) where T : unmanaged, INumber<T> => a <= b;
}
