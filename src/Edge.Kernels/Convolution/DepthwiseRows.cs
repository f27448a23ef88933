using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>One vector of channels of some rows of depthwise outputs: what the loops of <see cref="DepthwiseRows{TLanes, TEpilogue}"/> read and write.</summary>
internal unsafe struct DepthwiseRows
{
    /// <summary>First input of the first row's first window.</summary>
    public float* X;

    /// <summary>Elements from the windows of one output row to those of the next.</summary>
    public long NextX;

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

    /// <summary>Rows follow each other without gaps.</summary>
    public float* Y;

    /// <summary>Laid out like y; null = none.</summary>
    public float* Residual;

    /// <summary>Output rows.</summary>
    public int Rows;

    /// <summary>Outputs of a row. Windows of up to three more are read.</summary>
    public int Count;

    public int KernelH;

    public int KernelW;

    public float Alpha;

    public float Beta;
}

/// <summary>Loops of blocked depthwise convolution: four outputs at a time; weights of 3x3 kernels stay in registers for all rows.</summary>
internal static unsafe class DepthwiseRows<TLanes, TEpilogue>
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    private const int Block = Layouts.Block;

    /// <summary>3x3 taps, stride 1: each input of a row serves up to three of four outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run3x3(in DepthwiseRows rows)
    {
        TLanes w00 = TLanes.Load(rows.W), w01 = TLanes.Load(rows.W + Block), w02 = TLanes.Load(rows.W + (2 * Block));
        TLanes w10 = TLanes.Load(rows.W + (3 * Block)), w11 = TLanes.Load(rows.W + (4 * Block)), w12 = TLanes.Load(rows.W + (5 * Block));
        TLanes w20 = TLanes.Load(rows.W + (6 * Block)), w21 = TLanes.Load(rows.W + (7 * Block)), w22 = TLanes.Load(rows.W + (8 * Block));
        float* start = rows.X;
        long step = rows.RowStep;
        long at = 0;
        for (int n = rows.Rows; n > 0; n--, start += rows.NextX)
        {
            float* x = start;
            for (int left = rows.Count; left > 0; left -= 4, x += 4 * Block)
            {
                TLanes a = TLanes.Load(rows.Bias), b = a, c = a, d = a;
                Add3(x, w00, w01, w02, ref a, ref b, ref c, ref d);
                Add3(x + step, w10, w11, w12, ref a, ref b, ref c, ref d);
                Add3(x + (2 * step), w20, w21, w22, ref a, ref b, ref c, ref d);
                Store4(rows, at, left, a, b, c, d);
                at += Math.Min(left, 4);
            }
        }
    }

    /// <summary>3x3 taps, stride 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run3x3Stride2(in DepthwiseRows rows)
    {
        TLanes w00 = TLanes.Load(rows.W), w01 = TLanes.Load(rows.W + Block), w02 = TLanes.Load(rows.W + (2 * Block));
        TLanes w10 = TLanes.Load(rows.W + (3 * Block)), w11 = TLanes.Load(rows.W + (4 * Block)), w12 = TLanes.Load(rows.W + (5 * Block));
        TLanes w20 = TLanes.Load(rows.W + (6 * Block)), w21 = TLanes.Load(rows.W + (7 * Block)), w22 = TLanes.Load(rows.W + (8 * Block));
        float* start = rows.X;
        long step = rows.RowStep;
        long at = 0;
        for (int n = rows.Rows; n > 0; n--, start += rows.NextX)
        {
            float* x = start;
            for (int left = rows.Count; left > 0; left -= 4, x += 8 * Block)
            {
                TLanes a = TLanes.Load(rows.Bias), b = a, c = a, d = a;
                Add3Stride2(x, w00, w01, w02, ref a, ref b, ref c, ref d);
                Add3Stride2(x + step, w10, w11, w12, ref a, ref b, ref c, ref d);
                Add3Stride2(x + (2 * step), w20, w21, w22, ref a, ref b, ref c, ref d);
                Store4(rows, at, left, a, b, c, d);
                at += Math.Min(left, 4);
            }
        }
    }

    /// <summary>Rows of 5 taps, stride 1: 8 inputs and 5 weights for 20 products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run5(in DepthwiseRows rows)
    {
        float* start = rows.X;
        long step = rows.RowStep;
        long at = 0;
        for (int n = rows.Rows; n > 0; n--, start += rows.NextX)
        {
            float* x = start;
            for (int left = rows.Count; left > 0; left -= 4, x += 4 * Block)
            {
                TLanes a = TLanes.Load(rows.Bias), b = a, c = a, d = a;
                float* w = rows.W;
                float* r = x;
                for (int h = rows.KernelH; h > 0; h--, r += step, w += 5 * Block)
                {
                    Add5(r, w, ref a, ref b, ref c, ref d);
                }
                Store4(rows, at, left, a, b, c, d);
                at += Math.Min(left, 4);
            }
        }
    }

    /// <summary>Rows of 5 taps, stride 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run5Stride2(in DepthwiseRows rows)
    {
        float* start = rows.X;
        long step = rows.RowStep;
        long at = 0;
        for (int n = rows.Rows; n > 0; n--, start += rows.NextX)
        {
            float* x = start;
            for (int left = rows.Count; left > 0; left -= 4, x += 8 * Block)
            {
                TLanes a = TLanes.Load(rows.Bias), b = a, c = a, d = a;
                float* w = rows.W;
                float* r = x;
                for (int h = rows.KernelH; h > 0; h--, r += step, w += 5 * Block)
                {
                    Add5Stride2(r, w, ref a, ref b, ref c, ref d);
                }
                Store4(rows, at, left, a, b, c, d);
                at += Math.Min(left, 4);
            }
        }
    }

    /// <summary>Any kernel, stride and dilation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in DepthwiseRows rows)
    {
        long stride = rows.Stride;
        long tapStep = rows.TapStep;
        float* start = rows.X;
        long at = 0;
        for (int n = rows.Rows; n > 0; n--, start += rows.NextX)
        {
            float* x = start;
            for (int left = rows.Count; left > 0; left -= 4, x += 4 * stride)
            {
                TLanes a = TLanes.Load(rows.Bias), b = a, c = a, d = a;
                float* w = rows.W;
                float* line = x;
                for (int h = rows.KernelH; h > 0; h--, line += rows.RowStep)
                {
                    float* tap = line;
                    for (int k = rows.KernelW; k > 0; k--, tap += tapStep, w += Block)
                    {
                        TLanes factor = TLanes.Load(w);
                        float* second = tap + (2 * stride);
                        a = TLanes.MultiplyAdd(factor, TLanes.Load(tap), a);
                        b = TLanes.MultiplyAdd(factor, TLanes.Load(tap + stride), b);
                        c = TLanes.MultiplyAdd(factor, TLanes.Load(second), c);
                        d = TLanes.MultiplyAdd(factor, TLanes.Load(second + stride), d);
                    }
                }
                Store4(rows, at, left, a, b, c, d);
                at += Math.Min(left, 4);
            }
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
    private static void Add5(float* r, float* w, ref TLanes a, ref TLanes b, ref TLanes c, ref TLanes d)
    {
        TLanes w0 = TLanes.Load(w), w1 = TLanes.Load(w + Block), w2 = TLanes.Load(w + (2 * Block)), w3 = TLanes.Load(w + (3 * Block)), w4 = TLanes.Load(w + (4 * Block));
        a = TLanes.MultiplyAdd(TLanes.Load(r), w0, a);
        TLanes t = TLanes.Load(r + Block);
        a = TLanes.MultiplyAdd(t, w1, a);
        b = TLanes.MultiplyAdd(t, w0, b);
        t = TLanes.Load(r + (2 * Block));
        a = TLanes.MultiplyAdd(t, w2, a);
        b = TLanes.MultiplyAdd(t, w1, b);
        c = TLanes.MultiplyAdd(t, w0, c);
        t = TLanes.Load(r + (3 * Block));
        a = TLanes.MultiplyAdd(t, w3, a);
        b = TLanes.MultiplyAdd(t, w2, b);
        c = TLanes.MultiplyAdd(t, w1, c);
        d = TLanes.MultiplyAdd(t, w0, d);
        t = TLanes.Load(r + (4 * Block));
        a = TLanes.MultiplyAdd(t, w4, a);
        b = TLanes.MultiplyAdd(t, w3, b);
        c = TLanes.MultiplyAdd(t, w2, c);
        d = TLanes.MultiplyAdd(t, w1, d);
        t = TLanes.Load(r + (5 * Block));
        b = TLanes.MultiplyAdd(t, w4, b);
        c = TLanes.MultiplyAdd(t, w3, c);
        d = TLanes.MultiplyAdd(t, w2, d);
        t = TLanes.Load(r + (6 * Block));
        c = TLanes.MultiplyAdd(t, w4, c);
        d = TLanes.MultiplyAdd(t, w3, d);
        d = TLanes.MultiplyAdd(TLanes.Load(r + (7 * Block)), w4, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add5Stride2(float* r, float* w, ref TLanes a, ref TLanes b, ref TLanes c, ref TLanes d)
    {
        TLanes w0 = TLanes.Load(w), w1 = TLanes.Load(w + Block), w2 = TLanes.Load(w + (2 * Block)), w3 = TLanes.Load(w + (3 * Block)), w4 = TLanes.Load(w + (4 * Block));
        a = TLanes.MultiplyAdd(TLanes.Load(r), w0, a);
        a = TLanes.MultiplyAdd(TLanes.Load(r + Block), w1, a);
        TLanes t = TLanes.Load(r + (2 * Block));
        a = TLanes.MultiplyAdd(t, w2, a);
        b = TLanes.MultiplyAdd(t, w0, b);
        t = TLanes.Load(r + (3 * Block));
        a = TLanes.MultiplyAdd(t, w3, a);
        b = TLanes.MultiplyAdd(t, w1, b);
        t = TLanes.Load(r + (4 * Block));
        a = TLanes.MultiplyAdd(t, w4, a);
        b = TLanes.MultiplyAdd(t, w2, b);
        c = TLanes.MultiplyAdd(t, w0, c);
        t = TLanes.Load(r + (5 * Block));
        b = TLanes.MultiplyAdd(t, w3, b);
        c = TLanes.MultiplyAdd(t, w1, c);
        t = TLanes.Load(r + (6 * Block));
        b = TLanes.MultiplyAdd(t, w4, b);
        c = TLanes.MultiplyAdd(t, w2, c);
        d = TLanes.MultiplyAdd(t, w0, d);
        t = TLanes.Load(r + (7 * Block));
        c = TLanes.MultiplyAdd(t, w3, c);
        d = TLanes.MultiplyAdd(t, w1, d);
        t = TLanes.Load(r + (8 * Block));
        c = TLanes.MultiplyAdd(t, w4, c);
        d = TLanes.MultiplyAdd(t, w2, d);
        d = TLanes.MultiplyAdd(TLanes.Load(r + (9 * Block)), w3, d);
        d = TLanes.MultiplyAdd(TLanes.Load(r + (10 * Block)), w4, d);
    }

    /// <summary>Stores the first <paramref name="left"/> of four outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(in DepthwiseRows rows, long at, int left, TLanes a, TLanes b, TLanes c, TLanes d)
    {
        Store(rows, at, a);
        if (left > 1)
        {
            Store(rows, at + 1, b);
        }
        if (left > 2)
        {
            Store(rows, at + 2, c);
        }
        if (left > 3)
        {
            Store(rows, at + 3, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in DepthwiseRows rows, long at, TLanes value)
    {
        if (rows.Residual is not null)
        {
            value = TLanes.Add(value, TLanes.Load(rows.Residual + (at * Block)));
        }
        TLanes.Store(TEpilogue.Apply(value, rows.Alpha, rows.Beta), rows.Y + (at * Block));
    }
}
