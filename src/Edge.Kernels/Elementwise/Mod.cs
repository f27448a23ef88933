using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>the remainder of a / b with the sign of b; integer remainders by zero are 0</summary>
public readonly struct Mod : IBinaryFormula
{
    public static string Name => "Mod";

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T>
    {
        T remainder = Fmod.Apply(a, b);
        return !T.IsZero(remainder) && T.IsNegative(remainder) != T.IsNegative(b) ? remainder + b : remainder;
    }
}
