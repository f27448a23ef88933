using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>a - b</summary>
public readonly struct Sub : IBinaryLaneFormula
{
    public static string Name => "Sub";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Subtract(a, b);

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => a - b;
}
