using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a &gt; b; false for NaN</summary>
public readonly struct Greater : IComparison
{
    public static string Name => "Greater";

    public static bool Apply<T>(T a, T b) where T : unmanaged, INumber<T> => a > b;
}
