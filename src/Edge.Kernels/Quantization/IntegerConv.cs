using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution of 8-bit integers, summed in int32 (sums wrap around):
/// a[n,m,o] = sum over c, k of (x[n, g*C/G + c, o*stride + k*dilation - pad] - xZero) * (w[m,c,k] - wZero[m]), g = m / (M/G);
/// padding counts as xZero. With output type s32, y = a. Else
/// y = saturate(round((a + bias[m]) * (xScale * wScale[m] / yScale)) + yZero), ties to even, the factor in float32.
/// Inputs: x, w, xZero or null, wZero or null; where y is not s32 also bias (s32) or null, xScale, wScale, yScale, yZero.
/// </summary>
/// <param name="X">u8 or s8.</param>
/// <param name="W">u8 or s8.</param>
/// <param name="Y">s32, u8 or s8.</param>
/// <param name="InChannels">C, a multiple of <paramref name="Groups"/>.</param>
/// <param name="OutChannels">M, a multiple of <paramref name="Groups"/>.</param>
/// <param name="ZeroStride">1 where wZero has an element for each output channel, 0 where it has one for all.</param>
/// <param name="ScaleStride">The same for wScale.</param>
public sealed record IntegerConvProblem(
    DataType X, DataType W, DataType Y, int Batch, int InChannels, int OutChannels, int Groups, Extent Input, Extent Output, Window Window,
    bool HasXZero, bool HasWZero, bool HasBias, int ZeroStride, int ScaleStride)
{
    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;
}

/// <summary>Convolution of 8-bit integers over 1 to 3 spatial axes, channels first.</summary>
public static class IntegerConvKernels
{
    public static readonly KernelTable<IntegerConvProblem> Table = new(
        "integerconv",
        [
            new("integerconv_int_ref", CpuFeatures.None, _ => true, p => new IntegerConvReference(p)),
        ]);
}
