using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Gemm;

/// <summary>Packs rows side by side: what products and convolutions do with their weights when a model is loaded.</summary>
internal static unsafe class PanelTranspose
{
    /// <summary>target[k * targetStride + row] = source[row * sourceStride + k] for all rows and columns, tile by tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, long sourceStride, int rows, int columns, float* target, long targetStride)
    {
        int row = 0;
        for (; row <= rows - 4; row += 4)
        {
            float* from = source + (row * sourceStride);
            float* to = target + row;
            int k = 0;
            for (; k <= columns - 4; k += 4)
            {
                Tile4x4.Transpose((byte*)(from + k), sourceStride * sizeof(float), (byte*)(to + (k * targetStride)), targetStride * sizeof(float));
            }
            for (; k < columns; k++)
            {
                float* at = to + (k * targetStride);
                at[0] = from[k];
                at[1] = from[sourceStride + k];
                at[2] = from[(2 * sourceStride) + k];
                at[3] = from[(3 * sourceStride) + k];
            }
        }
        for (; row < rows; row++)
        {
            for (int k = 0; k < columns; k++)
            {
                target[(k * targetStride) + row] = source[(row * sourceStride) + k];
            }
        }
    }
}
