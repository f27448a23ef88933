using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Pooling;

/// <summary>How values are pooled in registers.</summary>
internal interface IPoolFormula
{
    /// <summary>The result of pooling nothing, and what padding holds.</summary>
    static abstract float Start { get; }

    /// <summary>Pools a first value.</summary>
    static abstract TLanes First<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes>;

    /// <summary>Pools one more value.</summary>
    static abstract TLanes Add<TLanes>(TLanes pooled, TLanes x) where TLanes : struct, ILanes<TLanes>;

    /// <summary>Pools two more values.</summary>
    static abstract TLanes Add<TLanes>(TLanes pooled, TLanes x, TLanes y) where TLanes : struct, ILanes<TLanes>;

    /// <summary>Pools what two sequences gave.</summary>
    static abstract TLanes Merge<TLanes>(TLanes a, TLanes b) where TLanes : struct, ILanes<TLanes>;

    /// <summary>Pools what three sequences gave.</summary>
    static abstract TLanes Merge<TLanes>(TLanes a, TLanes b, TLanes c) where TLanes : struct, ILanes<TLanes>;

    /// <summary>Pools the lanes of a vector.</summary>
    static abstract float MergeLanes<TLanes>(TLanes pooled) where TLanes : struct, ILanes<TLanes>;

    /// <summary>The result for <paramref name="count"/> values, at least 1.</summary>
    static abstract TLanes Finish<TLanes>(TLanes pooled, TLanes count) where TLanes : struct, ILanes<TLanes>;
}

/// <summary>max x; NaN wins.</summary>
internal readonly struct MaxFormula : IPoolFormula
{
    public static float Start => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes First<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.MaxAnyZero(pooled, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x, TLanes y) where TLanes : struct, ILanes<TLanes> => TLanes.MaxAnyZero(pooled, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b) where TLanes : struct, ILanes<TLanes> => TLanes.MaxAnyZero(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b, TLanes c) where TLanes : struct, ILanes<TLanes> => TLanes.MaxAnyZero(a, b, c);

    public static float MergeLanes<TLanes>(TLanes pooled) where TLanes : struct, ILanes<TLanes> => TLanes.MaxLane(pooled);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Finish<TLanes>(TLanes pooled, TLanes count) where TLanes : struct, ILanes<TLanes> => pooled;
}

/// <summary>sum x / count</summary>
internal readonly struct AverageFormula : IPoolFormula
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes First<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.Add(pooled, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x, TLanes y) where TLanes : struct, ILanes<TLanes> => Add(Add(pooled, x), y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b) where TLanes : struct, ILanes<TLanes> => TLanes.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b, TLanes c) where TLanes : struct, ILanes<TLanes> => TLanes.Add(TLanes.Add(a, b), c);

    public static float MergeLanes<TLanes>(TLanes pooled) where TLanes : struct, ILanes<TLanes> => TLanes.Sum(pooled);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Finish<TLanes>(TLanes pooled, TLanes count) where TLanes : struct, ILanes<TLanes> => TLanes.Divide(pooled, count);
}

/// <summary>sum |x|</summary>
internal readonly struct L1Formula : IPoolFormula
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes First<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.Add(pooled, TLanes.Abs(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x, TLanes y) where TLanes : struct, ILanes<TLanes> => Add(Add(pooled, x), y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b) where TLanes : struct, ILanes<TLanes> => TLanes.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b, TLanes c) where TLanes : struct, ILanes<TLanes> => TLanes.Add(TLanes.Add(a, b), c);

    public static float MergeLanes<TLanes>(TLanes pooled) where TLanes : struct, ILanes<TLanes> => TLanes.Sum(pooled);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Finish<TLanes>(TLanes pooled, TLanes count) where TLanes : struct, ILanes<TLanes> => pooled;
}

/// <summary>sqrt(sum x^2)</summary>
internal readonly struct L2Formula : IPoolFormula
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes First<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.Multiply(x, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.MultiplyAdd(x, x, pooled);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Add<TLanes>(TLanes pooled, TLanes x, TLanes y) where TLanes : struct, ILanes<TLanes> => Add(Add(pooled, x), y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b) where TLanes : struct, ILanes<TLanes> => TLanes.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Merge<TLanes>(TLanes a, TLanes b, TLanes c) where TLanes : struct, ILanes<TLanes> => TLanes.Add(TLanes.Add(a, b), c);

    public static float MergeLanes<TLanes>(TLanes pooled) where TLanes : struct, ILanes<TLanes> => TLanes.Sum(pooled);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Finish<TLanes>(TLanes pooled, TLanes count) where TLanes : struct, ILanes<TLanes> => TLanes.Sqrt(pooled);
}
