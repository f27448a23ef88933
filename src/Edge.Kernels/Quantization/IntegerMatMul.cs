using System.Numerics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// sum over k of (a[z,i,k] - aZero) * (b[z,k,j] - bZero) in int32, which wraps on overflow; stored as it is or rescaled to
/// <paramref name="Output"/>. See <see cref="OperandOrder"/> for the inputs.
/// </summary>
/// <param name="Output">S32 for the sum itself, U8 or S8 for a rescaled one.</param>
/// <param name="AOffsets">Start of each left matrix, in elements.</param>
/// <param name="BOffsets">Start of each right matrix, in elements.</param>
/// <param name="AZeroStride">1 where each row has a zero point of its own, else 0.</param>
/// <param name="BZeroStride">1 where each column has a zero point of its own, else 0.</param>
/// <param name="AScaleStride">1 where each row has a scale of its own, else 0.</param>
/// <param name="BScaleStride">1 where each column has a scale of its own, else 0.</param>
public sealed record IntegerMatMulProblem(
    DataType A, DataType B, DataType Output, int M, int N, int K, long[] AOffsets, long[] BOffsets,
    int AZeroStride, int BZeroStride, int AScaleStride = 0, int BScaleStride = 0);

/// <summary>Products of 8-bit matrices.</summary>
public static class IntegerMatMulKernels
{
    public static readonly KernelTable<IntegerMatMulProblem> Table = new(
        "integermatmul",
        [
            Row<byte, byte, StoreSum>(), Row<byte, sbyte, StoreSum>(), Row<sbyte, byte, StoreSum>(), Row<sbyte, sbyte, StoreSum>(),
            Row<byte, byte, Rescale<byte>>(), Row<byte, sbyte, Rescale<byte>>(), Row<sbyte, byte, Rescale<byte>>(), Row<sbyte, sbyte, Rescale<byte>>(),
            Row<byte, byte, Rescale<sbyte>>(), Row<byte, sbyte, Rescale<sbyte>>(), Row<sbyte, byte, Rescale<sbyte>>(), Row<sbyte, sbyte, Rescale<sbyte>>(),
        ]);

    private static KernelRow<IntegerMatMulProblem> Row<TA, TB, TEpilogue>()
        where TA : unmanaged, INumber<TA>
        where TB : unmanaged, INumber<TB>
        where TEpilogue : struct, IIntegerEpilogue<TEpilogue>
    {
        DataType a = DataTypes.Of<TA>();
        DataType b = DataTypes.Of<TB>();
        return new KernelRow<IntegerMatMulProblem>(
            $"integermatmul_{a.Name()}{b.Name()}_ref_{TEpilogue.Output.Name()}",
            CpuFeatures.None,
            p => p.A == a && p.B == b && p.Output == TEpilogue.Output,
            p => new IntegerMatMulReference<TA, TB, TEpilogue>(p));
    }
}

/// <summary>The naive row: one output after another.</summary>
internal sealed unsafe class IntegerMatMulReference<TA, TB, TEpilogue>(IntegerMatMulProblem problem) : Kernel
    where TA : unmanaged, INumber<TA>
    where TB : unmanaged, INumber<TB>
    where TEpilogue : struct, IIntegerEpilogue<TEpilogue>
{
    public override void Run(in KernelContext context)
    {
        TEpilogue epilogue = TEpilogue.Bind(context);
        TA* aZeros = (TA*)context.Input(TEpilogue.Operands.LeftZero);
        TB* bZeros = (TB*)context.Input(TEpilogue.Operands.RightZero);
        long at = 0;
        for (int z = 0; z < problem.AOffsets.Length; z++)
        {
            TA* a = (TA*)context.Input(0) + problem.AOffsets[z];
            TB* b = (TB*)context.Input(TEpilogue.Operands.Right) + problem.BOffsets[z];
            for (int i = 0; i < problem.M; i++, a += problem.K)
            {
                int aZero = aZeros is null ? 0 : int.CreateTruncating(aZeros[i * problem.AZeroStride]);
                for (int j = 0; j < problem.N; j++, at++)
                {
                    int bZero = bZeros is null ? 0 : int.CreateTruncating(bZeros[j * problem.BZeroStride]);
                    epilogue.Store(Sum(a, aZero, b + j, bZero), at, i * problem.AScaleStride, j * problem.BScaleStride);
                }
            }
        }
    }

    private int Sum(TA* row, int aZero, TB* column, int bZero)
    {
        int sum = 0;
        for (long k = 0; k < problem.K; k++)
        {
            sum = unchecked(sum + ((int.CreateTruncating(row[k]) - aZero) * (int.CreateTruncating(column[k * problem.N]) - bZero)));
        }
        return sum;
    }
}
