using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Gemm;

/// <summary>
/// Panels of a matrix in memory: value (lane, depth) is at offset + lane * laneStride + depth * depthStride. Constants are packed
/// once; others are packed block by block as they are needed.
/// </summary>
/// <param name="input">Index of the kernel input that holds the matrix.</param>
/// <param name="offsets">Start of each matrix in elements; matrix z is at offsets[z modulo their number].</param>
/// <param name="scale">Every value is multiplied by it.</param>
internal sealed unsafe class StridedPanels(int width, int input, long[] offsets, int lanes, int depths, long laneStride, long depthStride, float scale = 1)
    : PanelSource(width)
{
    private AlignedBuffer? _packed;
    private int _matrices;

    private long PanelFloats => (long)Width * depths;

    private int Panels => (int)(((long)lanes + Width - 1) / Width);

    public override long PackedBytes => _packed?.Bytes ?? 0;

    /// <summary>Packs the matrix where the input that holds it is constant.</summary>
    public void Bind(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[input] is not { } constant)
        {
            return;
        }
        // The same matrix for every batch is packed once.
        int matrices = offsets.All(o => o == offsets[0]) ? Math.Min(1, offsets.Length) : offsets.Length;
        _packed = new AlignedBuffer(checked(matrices * Panels * PanelFloats * sizeof(float)));
        for (int z = 0; z < matrices; z++)
        {
            Pack((float*)constant.Data + offsets[z], (float*)_packed.Data + (z * Panels * PanelFloats), 0, Panels, 0, depths);
        }
        _matrices = matrices;
    }

    /// <summary>Whether every panel lies in the input as it is wanted.</summary>
    private bool IsPackedAsGiven => Width == 1 && depthStride == 1 && scale == 1;

    public override long ScratchFloats(int panels, int depth) => _packed is null && !IsPackedAsGiven ? (long)panels * Width * depth : 0;

    public override PanelBlock Get(in TileArguments arguments, int batch, int first, int panels, int from, int depth, float* scratch)
    {
        if (_packed is not null)
        {
            float* matrix = (float*)_packed.Data + (batch % _matrices * Panels * PanelFloats);
            return new PanelBlock(matrix + (first * PanelFloats) + ((long)from * Width), PanelFloats);
        }
        float* given = arguments.Input(input) + offsets[batch % offsets.Length];
        if (IsPackedAsGiven)
        {
            return new PanelBlock(given + (first * laneStride) + from, laneStride);
        }
        Pack(given, scratch, first, panels, from, depth);
        return new PanelBlock(scratch, (long)Width * depth);
    }

    public override void Dispose() => _packed?.Dispose();

    private void Pack(float* matrix, float* target, int first, int panels, int from, int depth)
    {
        for (int panel = 0; panel < panels; panel++, target += (long)Width * depth)
        {
            int lane = (first + panel) * Width;
            int count = Math.Min(Width, lanes - lane);
            float* source = matrix + (lane * laneStride) + (from * depthStride);
            if (laneStride == 1 && count == Width && Width % F32x4.Count == 0)
            {
                CopyRows(source, target, depth);
            }
            else if (depthStride == 1 && scale == 1)
            {
                CopyColumns(source, target, count, depth);
            }
            else
            {
                CopyLanes(source, target, count, depth);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CopyRows(float* source, float* target, int depth)
    {
        F32x4 factor = F32x4.Splat(scale);
        for (int k = 0; k < depth; k++, source += depthStride, target += Width)
        {
            for (int i = 0; i < Width; i += F32x4.Count)
            {
                F32x4.Store(F32x4.Multiply(F32x4.Load(source + i), factor), target + i);
            }
        }
    }

    private void CopyColumns(float* source, float* target, int count, int depth)
    {
        if (count < Width)
        {
            NativeMemory.Clear(target, (nuint)Width * (nuint)depth * sizeof(float));
        }
        PanelTranspose.Run(source, laneStride, count, depth, target, Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CopyLanes(float* source, float* target, int count, int depth)
    {
        for (int lane = 0; lane < Width; lane++)
        {
            float* from = source + (lane * laneStride);
            float* to = target + lane;
            for (int k = 0; k < depth; k++, to += Width)
            {
                *to = lane < count ? from[k * depthStride] * scale : 0;
            }
        }
    }
}
