using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a == b; false for NaN</summary>
public readonly struct Equal : IComparison
{
    public static string Name => "Equal";

    public static bool Apply<T>(T a, T b) where T : unmanaged, INumber<T> => a == b;
}
