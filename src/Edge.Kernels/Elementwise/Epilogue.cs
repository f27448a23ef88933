using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>An activation that is applied in registers, just before a result is stored.</summary>
internal interface IEpilogue
{
    /// <param name="alpha">First parameter of the activation.</param>
    /// <param name="beta">Second parameter.</param>
    static abstract TLanes Apply<TLanes>(TLanes x, float alpha, float beta) where TLanes : struct, ILanes<TLanes>;
}

/// <summary>x</summary>
internal readonly struct IdentityEpilogue : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes x, float alpha, float beta) where TLanes : struct, ILanes<TLanes> => x;
}

/// <summary>max(x, 0)</summary>
internal readonly struct ReluEpilogue : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes x, float alpha, float beta) where TLanes : struct, ILanes<TLanes> => TLanes.AtLeast(x, TLanes.Splat(0));
}

/// <summary>x if x >= 0, else alpha * x</summary>
internal readonly struct LeakyReluEpilogue : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes x, float alpha, float beta) where TLanes : struct, ILanes<TLanes> =>
        TLanes.Select(TLanes.LessThan(x, TLanes.Splat(0)), TLanes.Multiply(x, TLanes.Splat(alpha)), x);
}

/// <summary>min(max(x, alpha), beta)</summary>
internal readonly struct ClipEpilogue : IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes x, float alpha, float beta) where TLanes : struct, ILanes<TLanes> =>
        TLanes.AtMost(TLanes.AtLeast(x, TLanes.Splat(alpha)), TLanes.Splat(beta));
}

/// <summary>A generic call whose epilogue is chosen at plan time.</summary>
internal interface IEpilogueVisitor<TResult>
{
    TResult Visit<TEpilogue>() where TEpilogue : struct, IEpilogue;
}

/// <summary>Which activations have an epilogue; the others are applied to finished tiles.</summary>
internal static class Epilogues
{
    /// <summary>Calls <paramref name="visitor"/> with the epilogue of <paramref name="kind"/>; the identity where there is none.</summary>
    public static TResult Visit<TVisitor, TResult>(ActivationKind kind, TVisitor visitor) where TVisitor : IEpilogueVisitor<TResult> => kind switch
    {
        ActivationKind.Relu => visitor.Visit<ReluEpilogue>(),
        ActivationKind.LeakyRelu => visitor.Visit<LeakyReluEpilogue>(),
        ActivationKind.Clip => visitor.Visit<ClipEpilogue>(),
        _ => visitor.Visit<IdentityEpilogue>(),
    };

    /// <summary>Whether the activation has to be applied to finished tiles.</summary>
    public static bool IsSeparate(ActivationKind kind) =>
        kind is not (ActivationKind.None or ActivationKind.Relu or ActivationKind.LeakyRelu or ActivationKind.Clip);
}
