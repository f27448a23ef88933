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
    private readonly int[] _dims;
    private readonly long[] _stridesA;
    private readonly long[] _stridesB;
    private readonly int[] _index;
    private readonly long _count;
    private readonly Activation _activation;

    public BinaryReference(BinaryProblem problem)
    {
        Shape output = problem.Output;
        _dims = output.ToArray();
        _stridesA = Broadcast.Strides(problem.A, output);
        _stridesB = Broadcast.Strides(problem.B, output);
        _index = new int[_dims.Length];
        _count = output.Count;
        _activation = problem.Activation;
    }

    public override void Run(in KernelContext context)
    {
        var a = (TElement*)context.Input(0);
        var b = (TElement*)context.Input(1);
        var target = (TResult*)context.Output(0);
        Array.Clear(_index);
        for (long i = 0; i < _count; i++)
        {
            target[i] = TPair.Apply(*a, *b);
            for (int axis = _dims.Length - 1; axis >= 0; axis--)
            {
                a += _stridesA[axis];
                b += _stridesB[axis];
                if (++_index[axis] < _dims[axis])
                {
                    break;
                }
                a -= _stridesA[axis] * _dims[axis];
                b -= _stridesB[axis] * _dims[axis];
                _index[axis] = 0;
            }
        }
        for (long i = 0; _activation.Kind != ActivationKind.None && i < _count; i++)
        {
            ((float*)target)[i] = (float)_activation.Apply(((float*)target)[i]);
        }
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
