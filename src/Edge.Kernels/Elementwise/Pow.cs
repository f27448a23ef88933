using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a to the power of b; integer powers wrap, negative integer exponents truncate the result</summary>
public readonly struct Pow : IBinaryFormula
{
    public static string Name => "Pow";

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T>
    {
        if (NumberKind<T>.IsFloat)
        {
            return T.CreateTruncating(Math.Pow(double.CreateTruncating(a), double.CreateTruncating(b)));
        }
        T result = T.One;
        if (T.IsNegative(b))
        {
            bool isOdd = !T.IsZero(b % (T.One + T.One));
            return a == T.One ? a : NumberKind<T>.IsMinusOne(a) ? (isOdd ? a : T.One) : T.Zero;
        }
        T two = T.One + T.One;
        for (T factor = a; !T.IsZero(b); b /= two, factor *= factor)
        {
            result = T.IsZero(b % two) ? result : result * factor;
        }
        return result;
    }
}
