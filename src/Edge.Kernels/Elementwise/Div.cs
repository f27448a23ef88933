using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>a / b; integers truncate, division by the integer zero gives 0, and the least integer / -1 wraps to itself</summary>
public readonly struct Div : IBinaryLaneFormula
{
    public static string Name => "Div";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Divide(a, b);

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T>
    {
        if (NumberKind<T>.IsFloat)
        {
            return a / b;
        }
        if (T.IsZero(b))
        {
            return T.Zero;
        }
        // The processor traps on the least integer / -1.
        return NumberKind<T>.IsMinusOne(b) ? T.Zero - a : a / b;
    }
}
