using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Products of matrices of 8-bit integers, summed in int32 (sums wrap around): for each batch z
/// p[z] = (a[z] - aZero) * (b[z] - bZero), a (m, k), b (k, n), row-major. With output type s32, y = p. Else
/// y = saturate(round(p * (aScale * bScale / yScale)) + yZero), ties to even, the factor in float32.
/// Inputs: a, b, aZero or null, bZero or null; where y is not s32 also aScale, bScale, yScale, yZero.
/// </summary>
/// <param name="A">u8 or s8.</param>
/// <param name="B">u8 or s8.</param>
/// <param name="Y">s32, u8 or s8.</param>
/// <param name="AOffsets">Where the matrix of each batch starts in a, in elements; one entry per batch.</param>
/// <param name="BOffsets">The same for b.</param>
/// <param name="AZero">Zero points of the rows of a; null where there are none.</param>
/// <param name="BZero">Zero points of the columns of b; null where there are none.</param>
/// <param name="Rescale">How the sums become 8-bit integers; null where y is s32.</param>
public sealed record IntegerGemmProblem(
    DataType A, DataType B, DataType Y, int M, int N, int K, long[] AOffsets, long[] BOffsets,
    LineIndex? AZero, LineIndex? BZero, GemmRescale? Rescale)
{
    public int Batch => AOffsets.Length;

    public override string ToString() => $"{A.Name()}*{B.Name()}->{Y.Name()} {Batch}x({M},{K})x({K},{N})";
}

/// <summary>Where the parameter of a row or column is: line i of batch z has the one at BatchOffsets[z] + i * Stride.</summary>
/// <param name="BatchOffsets">One entry per batch.</param>
/// <param name="Stride">0 where all lines of a matrix share one.</param>
public sealed record LineIndex(long[] BatchOffsets, int Stride)
{
    public long At(int batch, int line) => BatchOffsets[batch] + ((long)line * Stride);
}

/// <summary>Places of the scales: rows of a, columns of b, rows of y.</summary>
public sealed record GemmRescale(LineIndex AScale, LineIndex BScale, LineIndex YScale, LineIndex YZero);

/// <summary>Products of 8-bit integer matrices.</summary>
public static class IntegerGemmKernels
{
    public static readonly KernelTable<IntegerGemmProblem> Table = new(
        "integergemm",
        [
            new("integergemm_int_ref", CpuFeatures.None, _ => true, p => new IntegerGemmReference(p)),
        ]);
}
