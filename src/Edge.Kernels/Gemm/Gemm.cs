using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>
/// For each batch z: y[z] = activation(alpha * a[z] * b[z] + beta * c), where a is (m, k), b is (k, n), y is (m, n), row-major.
/// Inputs: a, b, c or null.
/// </summary>
/// <param name="TransA">a is stored as (k, m).</param>
/// <param name="TransB">b is stored as (n, k).</param>
/// <param name="AOffsets">Where the matrix of each batch starts in a, in elements; one entry per batch.</param>
/// <param name="BOffsets">The same for b.</param>
/// <param name="Addend">How c is read; null where there is none.</param>
public sealed record GemmProblem(
    DataType Type, int M, int N, int K, bool TransA, bool TransB, float Alpha, float Beta,
    long[] AOffsets, long[] BOffsets, GemmAddend? Addend, Activation Activation)
{
    /// <summary>Whether b is known when the kernel is made.</summary>
    public bool ConstantB { get; init; }

    public int Batch => AOffsets.Length;

    /// <summary>Distance between rows and columns of a.</summary>
    public (long Row, long Column) AStrides => TransA ? (1, M) : (K, 1);

    /// <summary>Distance between rows and columns of b.</summary>
    public (long Row, long Column) BStrides => TransB ? (1, K) : (N, 1);

    /// <summary>A single product without batch.</summary>
    public static GemmProblem Matrix(int m, int n, int k, bool transA = false, bool transB = false) =>
        new(DataType.F32, m, n, k, transA, transB, 1, 1, [0], [0], null, Activation.None);

    public override string ToString() => $"{Type.Name()} {Batch}x({M},{K})x({K},{N})";
}

/// <summary>A matrix added to a product: element (row, column) is at row * RowStride + column * ColumnStride.</summary>
/// <param name="RowStride">0 where all rows are the same.</param>
/// <param name="ColumnStride">1, or 0 where all columns are the same.</param>
public readonly record struct GemmAddend(long RowStride, int ColumnStride);

/// <summary>Matrix products.</summary>
public static class GemmKernels
{
    public static readonly KernelTable<GemmProblem> Table = new(
        "gemm",
        [
            new("gemm_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, GemmPacked.IsRows, GemmPacked.Create<F32x8>),
            new("gemm_f32_avx2_6x16", CpuFeatures.Avx2 | CpuFeatures.Fma, GemmPacked.Fits, GemmPacked.Create<F32x8>),
            new("gemm_f32_v128_rows", CpuFeatures.Simd128, GemmPacked.IsRows, GemmPacked.Create<F32x4>),
            new("gemm_f32_v128_6x8", CpuFeatures.Simd128, GemmPacked.Fits, GemmPacked.Create<F32x4>),
            new("gemm_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new GemmReference<float>(p)),
            new("gemm_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new GemmReference<double>(p)),
            new("gemm_int_ref", CpuFeatures.None, GemmIntegerReference.Fits, GemmIntegerReference.Create),
        ]) { Device = () => GemmDevice.Rows };
}
