using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>a if a &gt;= 0, else b * a, with the slope b</summary>
public readonly struct PRelu : IBinaryLaneFormula
{
    public static string Name => "PRelu";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Select(T.LessThan(a, T.Splat(0f)), T.Multiply(b, a), a);

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => a < T.Zero ? b * a : a;
}
