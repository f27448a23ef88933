using System.Numerics;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>A function of two numbers of one type, with a result of that type; integers wrap. A struct without state.</summary>
public interface IBinaryFormula
{
    /// <summary>Name of the function; that of its operator in the catalogue, so it never changes once released.</summary>
    static abstract string Name { get; }

    static abstract T Apply<T>(T a, T b) where T : unmanaged, INumber<T>;
}

/// <summary>A function of two numbers that has a formula over float32 lanes.</summary>
public interface IBinaryLaneFormula : IBinaryFormula
{
    static abstract T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T>;
}

/// <summary>A question about two numbers.</summary>
public interface IComparison
{
    static abstract string Name { get; }

    static abstract bool Apply<T>(T a, T b) where T : unmanaged, INumber<T>;
}

/// <summary>A function of the bits of two unsigned integers; signed ones and bool are seen as unsigned of the same size.</summary>
public interface IBitwiseFormula
{
    static abstract string Name { get; }

    static abstract T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>;
}
