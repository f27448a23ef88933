using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>the remainder of a / b with the sign of a, as fmod of C; integer remainders by zero are 0</summary>
public readonly struct Fmod : IBinaryFormula
{
    public static string Name => "Fmod";

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T>
    {
        if (NumberKind<T>.IsFloat)
        {
            return a % b;
        }
        // The processor traps on the least integer % -1.
        return T.IsZero(b) || NumberKind<T>.IsMinusOne(b) ? T.Zero : a % b;
    }
}
