using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>How a result is computed from two elements: what the naive row is generic over.</summary>
internal interface IElementPair<TElement, TResult>
{
    static abstract TResult Apply(TElement a, TElement b);
}

/// <summary>The naive row of a binary function: walks the output in order and looks both operands up by their strides.</summary>
internal sealed unsafe class BinaryReference<TPair, TElement, TResult> : Kernel
    where TPair : struct, IElementPair<TElement, TResult>
    where TElement : unmanaged
    where TResult : unmanaged
{
    private readonly BinaryProblem _problem;
    private readonly Shape _output;
    private readonly int[] _dims;
    private readonly long[] _stridesA;
    private readonly long[] _stridesB;
    private readonly int[] _index;

    public BinaryReference(BinaryProblem problem)
    {
        _problem = problem;
        _output = problem.Output;
        _dims = _output.ToArray();
        _stridesA = Broadcast.Strides(problem.A, _output);
        _stridesB = Broadcast.Strides(problem.B, _output);
        _index = new int[_dims.Length];
    }

    public override void Run(in KernelContext context)
    {
        var a = (TElement*)context.Input(0);
        var b = (TElement*)context.Input(1);
        var target = (TResult*)context.Output(0);
        long count = _output.Count;
        long offsetA = 0;
        long offsetB = 0;
        Array.Clear(_index);
        for (long i = 0; i < count; i++)
        {
            long at = Place(_problem.Layout, i, i);
            target[at] = TPair.Apply(a[Place(_problem.LayoutA, i, offsetA)], b[Place(_problem.LayoutB, i, offsetB)]);
            if (_problem.Activation.Kind != ActivationKind.None)
            {
                ((float*)target)[at] = (float)_problem.Activation.Apply(((float*)target)[at]);
            }
            for (int axis = _dims.Length - 1; axis >= 0; axis--)
            {
                offsetA += _stridesA[axis];
                offsetB += _stridesB[axis];
                if (++_index[axis] < _dims[axis])
                {
                    break;
                }
                offsetA -= _stridesA[axis] * _dims[axis];
                offsetB -= _stridesB[axis] * _dims[axis];
                _index[axis] = 0;
            }
        }
    }

    /// <summary>Where element <paramref name="index"/> of the output lies in a tensor of this layout.</summary>
    /// <param name="planar">Where it lies in a planar one.</param>
    private long Place(Layout layout, long index, long planar)
    {
        if (layout == Layout.Planar)
        {
            return planar;
        }
        int channels = _dims[1];
        long positions = _output.CountRange(2, _dims.Length);
        long image = index / (channels * positions) * layout.ImageElements(channels, positions);
        return image + layout.Offset(index / positions % channels, index % positions, positions);
    }
}

internal readonly struct NumberPair<TFormula, T> : IElementPair<T, T>
    where TFormula : struct, IBinaryFormula
    where T : unmanaged, INumber<T>
{
    public static T Apply(T a, T b) => TFormula.Apply(a, b);
}

internal readonly struct ComparedPair<TFormula, T> : IElementPair<T, byte>
    where TFormula : struct, IComparison
    where T : unmanaged, INumber<T>
{
    public static byte Apply(T a, T b) => (byte)(TFormula.Apply(a, b) ? 1 : 0);
}

internal readonly struct BitwisePair<TFormula, T> : IElementPair<T, T>
    where TFormula : struct, IBitwiseFormula
    where T : unmanaged, IBinaryInteger<T>
{
    public static T Apply(T a, T b) => TFormula.Apply(a, b);
}

/// <summary>Makes the naive row of an arithmetic function for a type known at run time.</summary>
internal readonly struct NumberMaker<TFormula>(BinaryProblem problem) : IDataTypeVisitor<Kernel> where TFormula : struct, IBinaryFormula
{
    public static Kernel Make(BinaryProblem problem) => problem.Type.Visit<NumberMaker<TFormula>, Kernel>(new NumberMaker<TFormula>(problem));

    public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new BinaryReference<NumberPair<TFormula, T>, T, T>(problem);
}

/// <summary>Makes the naive row of a comparison for a type known at run time; bool counts as u8.</summary>
internal readonly struct ComparisonMaker<TFormula>(BinaryProblem problem) : IDataTypeVisitor<Kernel> where TFormula : struct, IComparison
{
    public static Kernel Make(BinaryProblem problem) =>
        (problem.Type == DataType.Bool ? DataType.U8 : problem.Type).Visit<ComparisonMaker<TFormula>, Kernel>(new ComparisonMaker<TFormula>(problem));

    public Kernel Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T> => new BinaryReference<ComparedPair<TFormula, T>, T, byte>(problem);
}

/// <summary>Makes the naive row of a bitwise function by element size.</summary>
internal static class BitwiseMaker<TFormula> where TFormula : struct, IBitwiseFormula
{
    public static Kernel Make(BinaryProblem problem) => problem.Type.Size() switch
    {
        1 => new BinaryReference<BitwisePair<TFormula, byte>, byte, byte>(problem),
        2 => new BinaryReference<BitwisePair<TFormula, ushort>, ushort, ushort>(problem),
        4 => new BinaryReference<BitwisePair<TFormula, uint>, uint, uint>(problem),
        _ => new BinaryReference<BitwisePair<TFormula, ulong>, ulong, ulong>(problem),
    };
}
