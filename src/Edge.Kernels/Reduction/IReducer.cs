using System.Numerics;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Reduction;

/// <summary>
/// A reduction as map, combine and finish: finish(combine(... combine(identity, map(x0)) ..., map(xn)), n). A struct without
/// state. Float elements are reduced in double precision; integers in their own type, where they wrap, unless the reduction
/// ends in a real function.
/// </summary>
public interface IReducer
{
    /// <summary>Name of the reduction without the prefix Reduce; persisted.</summary>
    static abstract string Name { get; }

    /// <summary>What an empty set reduces to before <see cref="Finish"/>; saturated to the type of integers.</summary>
    static abstract double Identity { get; }

    static abstract T Map<T>(T x) where T : INumber<T>;

    static abstract T Combine<T>(T a, T b) where T : INumber<T>;

    /// <summary>Whether <see cref="Finish"/> does anything; integers are then reduced in double precision as well.</summary>
    static virtual bool Finishes => false;

    /// <summary>The result from the combined value of <paramref name="count"/> elements.</summary>
    static virtual double Finish(double value, long count) => value;
}

/// <summary>A reduction with formulas over float32 lanes.</summary>
public interface ILaneReducer : IReducer
{
    static abstract T MapLanes<T>(T x) where T : struct, ILanes<T>;

    static abstract T CombineLanes<T>(T a, T b) where T : struct, ILanes<T>;
}
