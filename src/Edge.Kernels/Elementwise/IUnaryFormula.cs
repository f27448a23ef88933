using System.Numerics;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>A function of one real number: the part that every row is compared with. A struct without state.</summary>
public interface IUnaryReference
{
    /// <summary>Name of the function; that of its operator in the catalogue, so it never changes once released.</summary>
    static abstract string Name { get; }

    /// <summary>Value of the first parameter where a model gives none.</summary>
    static virtual float DefaultAlpha => 0;

    static virtual float DefaultBeta => 0;

    /// <summary>The activation that the function is when a kernel applies it to its own result.</summary>
    static virtual ActivationKind Activation => ActivationKind.None;

    /// <summary>The formula in double precision.</summary>
    static abstract double Apply(double x, double alpha, double beta);
}

/// <summary>A function with a formula over float32 lanes.</summary>
public interface IUnaryFormula : IUnaryReference
{
    static abstract T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T>;
}

/// <summary>A function of integers; results wrap at the width of the type.</summary>
public interface IIntegerFormula
{
    static abstract string Name { get; }

    static abstract T Apply<T>(T x, T alpha, T beta) where T : unmanaged, INumber<T>;
}

/// <summary>A question about a real number.</summary>
public interface IUnaryPredicate
{
    static abstract string Name { get; }

    static virtual float DefaultAlpha => 0;

    static virtual float DefaultBeta => 0;

    static abstract bool Apply(double x, double alpha, double beta);
}
