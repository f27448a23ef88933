using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>How a scattered element is combined with the one that is there. The numbers are persisted: they may only grow.</summary>
public enum ScatterReduction
{
    /// <summary>The update replaces the element; of updates with one index the last wins.</summary>
    None = 0,
    Add = 1,
    Mul = 2,

    /// <summary>The larger; NaN wins.</summary>
    Max = 3,

    /// <summary>The smaller; NaN wins.</summary>
    Min = 4,
}

/// <summary>What is done with a pair of elements: one that an index selects in a tensor, one that lies in a list.</summary>
internal unsafe interface IElementMove
{
    static abstract int ElementBytes { get; }

    static abstract void Move(byte* selected, byte* listed);
}

/// <summary>listed = selected</summary>
internal readonly unsafe struct GatherMove<T> : IElementMove where T : unmanaged
{
    public static int ElementBytes => sizeof(T);

    public static void Move(byte* selected, byte* listed) => *(T*)listed = *(T*)selected;
}

/// <summary>selected = listed</summary>
internal readonly unsafe struct ScatterMove<T> : IElementMove where T : unmanaged
{
    public static int ElementBytes => sizeof(T);

    public static void Move(byte* selected, byte* listed) => *(T*)selected = *(T*)listed;
}

/// <summary>selected = selected (op) listed</summary>
internal readonly unsafe struct ReduceMove<T, TOp> : IElementMove
    where T : unmanaged, INumber<T>
    where TOp : struct, IScatterOp
{
    public static int ElementBytes => sizeof(T);

    public static void Move(byte* selected, byte* listed) => *(T*)selected = TOp.Combine(*(T*)selected, *(T*)listed);
}

/// <summary>The formula of a <see cref="ScatterReduction"/>.</summary>
internal interface IScatterOp
{
    static abstract T Combine<T>(T a, T b) where T : INumber<T>;
}

internal readonly struct ScatterAdd : IScatterOp
{
    public static T Combine<T>(T a, T b) where T : INumber<T> => a + b;
}

internal readonly struct ScatterMul : IScatterOp
{
    public static T Combine<T>(T a, T b) where T : INumber<T> => a * b;
}

internal readonly struct ScatterMax : IScatterOp
{
    public static T Combine<T>(T a, T b) where T : INumber<T> => T.Max(a, b);
}

internal readonly struct ScatterMin : IScatterOp
{
    public static T Combine<T>(T a, T b) where T : INumber<T> => T.Min(a, b);
}

/// <summary>A kernel made for a kind of move; see <see cref="ElementMoves"/>.</summary>
internal interface IMoveVisitor
{
    Kernel Visit<TMove>() where TMove : struct, IElementMove;
}

/// <summary>Turns element types and reductions into generic arguments.</summary>
internal static class ElementMoves
{
    /// <summary>Whether elements of <paramref name="type"/> can be combined; bool elements can only be replaced.</summary>
    public static bool Supports(DataType type, ScatterReduction reduction) => reduction == ScatterReduction.None || type is not (DataType.Bool or DataType.Unknown);

    public static Kernel Gathering(int elementBytes, IMoveVisitor visitor) => elementBytes switch
    {
        1 => visitor.Visit<GatherMove<byte>>(),
        2 => visitor.Visit<GatherMove<ushort>>(),
        4 => visitor.Visit<GatherMove<uint>>(),
        _ => visitor.Visit<GatherMove<ulong>>(),
    };

    public static Kernel Scattering(DataType type, ScatterReduction reduction, IMoveVisitor visitor)
    {
        if (reduction != ScatterReduction.None)
        {
            return type.Visit<TypeVisitor, Kernel>(new TypeVisitor(reduction, visitor));
        }
        return type.Size() switch
        {
            1 => visitor.Visit<ScatterMove<byte>>(),
            2 => visitor.Visit<ScatterMove<ushort>>(),
            4 => visitor.Visit<ScatterMove<uint>>(),
            _ => visitor.Visit<ScatterMove<ulong>>(),
        };
    }

    private readonly struct TypeVisitor(ScatterReduction reduction, IMoveVisitor visitor) : IDataTypeVisitor<Kernel>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => reduction switch
        {
            ScatterReduction.Add => visitor.Visit<ReduceMove<T, ScatterAdd>>(),
            ScatterReduction.Mul => visitor.Visit<ReduceMove<T, ScatterMul>>(),
            ScatterReduction.Max => visitor.Visit<ReduceMove<T, ScatterMax>>(),
            _ => visitor.Visit<ReduceMove<T, ScatterMin>>(),
        };
    }
}
