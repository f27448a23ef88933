using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>One vector of channels of a row of depthwise outputs: what the row loops of <see cref="DepthwiseRow{TLanes, TEpilogue}"/> read and write.</summary>
internal unsafe struct DepthwiseRow
{
    /// <summary>First input of the row's first window.</summary>
    public float* X;

    /// <summary>Elements from input row to input row of a window: the row's length times the dilation.</summary>
    public long RowStep;

    /// <summary>Elements from window to window.</summary>
    public long Stride;

    /// <summary>Elements from tap to tap along W.</summary>
    public long TapStep;

    /// <summary>(kernel H, kernel W, 8)</summary>
    public float* W;

    /// <summary>(8)</summary>
    public float* Bias;

    public float* Y;

    /// <summary>Laid out like y; null = none.</summary>
    public float* Residual;

    /// <summary>Outputs. Windows of up to three more are read.</summary>
    public int Count;

    public int KernelH;

    public int KernelW;

    public float Alpha;

    public float Beta;
}

/// <summary>Row loops of blocked depthwise convolution: four outputs at a time, weights of 3x3 kernels in registers.</summary>
internal static unsafe class DepthwiseRow<TLanes, TEpilogue>
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    private const int Block = Layouts.Block;

    /// <summary>3x3 taps, stride 1: each input of a row serves up to three of four outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run3x3(in DepthwiseRow row)
    {
        TLanes w00 = TLanes.Load(row.W), w01 = TLanes.Load(row.W + Block), w02 = TLanes.Load(row.W + (2 * Block));
        TLanes w10 = TLanes.Load(row.W + (3 * Block)), w11 = TLanes.Load(row.W + (4 * Block)), w12 = TLanes.Load(row.W + (5 * Block));
        TLanes w20 = TLanes.Load(row.W + (6 * Block)), w21 = TLanes.Load(row.W + (7 * Block)), w22 = TLanes.Load(row.W + (8 * Block));
        float* x = row.X;
        long step = row.RowStep;
        for (int i = 0; i < row.Count; i += 4, x += 4 * Block)
        {
            float* r = x;
            TLanes t = TLanes.Load(r);
            TLanes a = TLanes.MultiplyAdd(t, w00, TLanes.Load(row.Bias));
            t = TLanes.Load(r + Block);
            a = TLanes.MultiplyAdd(t, w01, a);
            TLanes b = TLanes.MultiplyAdd(t, w00, TLanes.Load(row.Bias));
            t = TLanes.Load(r + (2 * Block));
            a = TLanes.MultiplyAdd(t, w02, a);
            b = TLanes.MultiplyAdd(t, w01, b);
            TLanes c = TLanes.MultiplyAdd(t, w00, TLanes.Load(row.Bias));
            t = TLanes.Load(r + (3 * Block));
            b = TLanes.MultiplyAdd(t, w02, b);
            c = TLanes.MultiplyAdd(t, w01, c);
            TLanes d = TLanes.MultiplyAdd(t, w00, TLanes.Load(row.Bias));
            t = TLanes.Load(r + (4 * Block));
            c = TLanes.MultiplyAdd(t, w02, c);
            d = TLanes.MultiplyAdd(t, w01, d);
            d = TLanes.MultiplyAdd(TLanes.Load(r + (5 * Block)), w02, d);
            r += step;
            Add3(r, w10, w11, w12, ref a, ref b, ref c, ref d);
            r += step;
            Add3(r, w20, w21, w22, ref a, ref b, ref c, ref d);
            Store4(row, i, a, b, c, d);
        }
    }

    /// <summary>3x3 taps, stride 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run3x3Stride2(in DepthwiseRow row)
    {
        TLanes w00 = TLanes.Load(row.W), w01 = TLanes.Load(row.W + Block), w02 = TLanes.Load(row.W + (2 * Block));
        TLanes w10 = TLanes.Load(row.W + (3 * Block)), w11 = TLanes.Load(row.W + (4 * Block)), w12 = TLanes.Load(row.W + (5 * Block));
        TLanes w20 = TLanes.Load(row.W + (6 * Block)), w21 = TLanes.Load(row.W + (7 * Block)), w22 = TLanes.Load(row.W + (8 * Block));
        float* x = row.X;
        long step = row.RowStep;
        for (int i = 0; i < row.Count; i += 4, x += 8 * Block)
        {
            float* r = x;
            TLanes a = TLanes.Load(row.Bias), b = TLanes.Load(row.Bias), c = TLanes.Load(row.Bias), d = TLanes.Load(row.Bias);
            Add3Stride2(r, w00, w01, w02, ref a, ref b, ref c, ref d);
            r += step;
            Add3Stride2(r, w10, w11, w12, ref a, ref b, ref c, ref d);
            r += step;
            Add3Stride2(r, w20, w21, w22, ref a, ref b, ref c, ref d);
            Store4(row, i, a, b, c, d);
        }
    }

    /// <summary>Any kernel, stride and dilation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in DepthwiseRow row)
    {
        long stride = row.Stride;
        long tapStep = row.TapStep;
        float* x = row.X;
        for (int i = 0; i < row.Count; i += 4, x += 4 * stride)
        {
            TLanes a = TLanes.Load(row.Bias), b = TLanes.Load(row.Bias), c = TLanes.Load(row.Bias), d = TLanes.Load(row.Bias);
            float* w = row.W;
            float* line = x;
            for (int h = row.KernelH; h > 0; h--, line += row.RowStep)
            {
                float* tap = line;
                for (int k = row.KernelW; k > 0; k--, tap += tapStep, w += Block)
                {
                    TLanes factor = TLanes.Load(w);
                    float* second = tap + (2 * stride);
                    a = TLanes.MultiplyAdd(factor, TLanes.Load(tap), a);
                    b = TLanes.MultiplyAdd(factor, TLanes.Load(tap + stride), b);
                    c = TLanes.MultiplyAdd(factor, TLanes.Load(second), c);
                    d = TLanes.MultiplyAdd(factor, TLanes.Load(second + stride), d);
                }
            }
            Store4(row, i, a, b, c, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add3(float* r, TLanes w0, TLanes w1, TLanes w2, ref TLanes a, ref TLanes b, ref TLanes c, ref TLanes d)
    {
        a = TLanes.MultiplyAdd(TLanes.Load(r), w0, a);
        TLanes t = TLanes.Load(r + Block);
        a = TLanes.MultiplyAdd(t, w1, a);
        b = TLanes.MultiplyAdd(t, w0, b);
        t = TLanes.Load(r + (2 * Block));
        a = TLanes.MultiplyAdd(t, w2, a);
        b = TLanes.MultiplyAdd(t, w1, b);
        c = TLanes.MultiplyAdd(t, w0, c);
        t = TLanes.Load(r + (3 * Block));
        b = TLanes.MultiplyAdd(t, w2, b);
        c = TLanes.MultiplyAdd(t, w1, c);
        d = TLanes.MultiplyAdd(t, w0, d);
        t = TLanes.Load(r + (4 * Block));
        c = TLanes.MultiplyAdd(t, w2, c);
        d = TLanes.MultiplyAdd(t, w1, d);
        d = TLanes.MultiplyAdd(TLanes.Load(r + (5 * Block)), w2, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add3Stride2(float* r, TLanes w0, TLanes w1, TLanes w2, ref TLanes a, ref TLanes b, ref TLanes c, ref TLanes d)
    {
        a = TLanes.MultiplyAdd(TLanes.Load(r), w0, a);
        a = TLanes.MultiplyAdd(TLanes.Load(r + Block), w1, a);
        TLanes t = TLanes.Load(r + (2 * Block));
        a = TLanes.MultiplyAdd(t, w2, a);
        b = TLanes.MultiplyAdd(t, w0, b);
        b = TLanes.MultiplyAdd(TLanes.Load(r + (3 * Block)), w1, b);
        t = TLanes.Load(r + (4 * Block));
        b = TLanes.MultiplyAdd(t, w2, b);
        c = TLanes.MultiplyAdd(t, w0, c);
        c = TLanes.MultiplyAdd(TLanes.Load(r + (5 * Block)), w1, c);
        t = TLanes.Load(r + (6 * Block));
        c = TLanes.MultiplyAdd(t, w2, c);
        d = TLanes.MultiplyAdd(t, w0, d);
        d = TLanes.MultiplyAdd(TLanes.Load(r + (7 * Block)), w1, d);
        d = TLanes.MultiplyAdd(TLanes.Load(r + (8 * Block)), w2, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(in DepthwiseRow row, int i, TLanes a, TLanes b, TLanes c, TLanes d)
    {
        Store(row, i, a);
        if (i + 1 < row.Count)
        {
            Store(row, i + 1, b);
        }
        if (i + 2 < row.Count)
        {
            Store(row, i + 2, c);
        }
        if (i + 3 < row.Count)
        {
            Store(row, i + 3, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in DepthwiseRow row, int i, TLanes value)
    {
        if (row.Residual is not null)
        {
            value = TLanes.Add(value, TLanes.Load(row.Residual + (i * Block)));
        }
        TLanes.Store(TEpilogue.Apply(value, row.Alpha, row.Beta), row.Y + (i * Block));
    }
}
