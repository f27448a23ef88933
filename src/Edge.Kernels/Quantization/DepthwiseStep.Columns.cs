using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// 3x3 windows that move by one column: each column of the input is widened and interleaved once, and multiplied for the three pixels whose
/// windows it lies in. The pairs of taps are those above each other in the first two rows, and those side by side in the third.
/// </summary>
internal readonly unsafe struct DepthwiseAvx2Columns : IDepthwiseStep
{
    private const int Columns = 3;

    private static readonly int[] Taps = [0, 3, 6, 7, 1, 4, 2, 5, 8];

    public static int UnitBytes => DepthwiseAvx2.UnitBytes;

    public static bool Fits(Window window, int stride) => window.Kernel == new Extent(1, 3, 3) && window.Stride.W == stride && window.Dilation.W == 1;

    public static int TapAt(int place) => place < Taps.Length ? Taps[place] : Taps.Length;

    public static void PackUnit(sbyte* taps, int lanes, byte* target) => DepthwiseAvx2.PackUnit(taps, lanes, target);

    public static void PackLanes(int* source, int lanes, int* target) => DepthwiseAvx2.PackLanes(source, lanes, target);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        Vector256<int> b0 = Vector256.Load(finish.Bias), b1 = Vector256.Load(finish.Bias + 8);
        // The sums of the pixel before this column's, and of the one before that.
        Vector256<int> c0 = b0, c1 = b1, d0 = b0, d1 = b1;
        sbyte* top = x + offsets[0], middle = x + offsets[1], bottom = x + offsets[2];
        Vector256<short> z = Avx2.ConvertToVector256Int16(bottom);
        sbyte* y = (sbyte*)finish.Y;
        var v = (short*)w;
        int last = count + Columns - 2;
        for (int column = 0; column <= last; column++)
        {
            Vector256<short> s = Avx2.ConvertToVector256Int16(top), t = Avx2.ConvertToVector256Int16(middle);
            Vector256<short> p0 = Avx2.UnpackLow(s, t), p1 = Avx2.UnpackHigh(s, t);
            // Behind the last column nothing is read: its weight is zero.
            bottom += column < last ? step : 0;
            s = z;
            z = Avx2.ConvertToVector256Int16(bottom);
            Vector256<short> q0 = Avx2.UnpackLow(s, z), q1 = Avx2.UnpackHigh(s, z);
            d0 = Multiply(Multiply(d0, p0, v + 96), q0, v + 128);
            d1 = Multiply(Multiply(d1, p1, v + 112), q1, v + 144);
            if (column >= Columns - 1)
            {
                Store(d0, d1, y, finish);
                y += finish.PixelStride;
            }
            d0 = Multiply(c0, p0, v + 64);
            d1 = Multiply(c1, p1, v + 80);
            c0 = Multiply(Multiply(b0, p0, v), q0, v + 32);
            c1 = Multiply(Multiply(b1, p1, v + 16), q1, v + 48);
            top += step;
            middle += step;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<int> sums, Vector256<short> pairs, short* weights) =>
        Avx2.Add(sums, Avx2.MultiplyAddAdjacent(pairs, Vector256.Load(weights)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> c0, Vector256<int> c1, sbyte* y, in DotFinish finish)
    {
        // The order of the sums is the one that packing undoes.
        c0 = Rescaling.Scale(c0, Vector256.Load(finish.Multipliers));
        c1 = Rescaling.Scale(c1, Vector256.Load(finish.Multipliers + 8));
        Vector256<short> both = Avx2.AddSaturate(Avx2.PackSignedSaturate(c0, c1), Vector256.Create((short)finish.Zero));
        Vector128<sbyte> bytes = Sse2.PackSignedSaturate(both.GetLower(), both.GetUpper());
        bytes = Sse41.Min(Sse41.Max(bytes, Vector128.Create((sbyte)finish.Low)), Vector128.Create((sbyte)finish.High));
        if (finish.Channels == 16)
        {
            bytes.Store(y);
        }
        else
        {
            // A copy: a vector whose address is taken would stay in memory.
            Vector128<sbyte> rest = bytes;
            DotStore.Partial((sbyte*)&rest, y, finish.Channels);
        }
    }
}

/// <summary>The same for windows that move by two columns: the third column of one is the first of the next.</summary>
internal readonly unsafe struct DepthwiseAvx2ColumnPairs : IDepthwiseStep
{
    public static int UnitBytes => DepthwiseAvx2.UnitBytes;

    public static int TapAt(int place) => DepthwiseAvx2Columns.TapAt(place);

    public static void PackUnit(sbyte* taps, int lanes, byte* target) => DepthwiseAvx2.PackUnit(taps, lanes, target);

    public static void PackLanes(int* source, int lanes, int* target) => DepthwiseAvx2.PackLanes(source, lanes, target);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        Vector256<int> b0 = Vector256.Load(finish.Bias), b1 = Vector256.Load(finish.Bias + 8);
        long next = step / 2;
        sbyte* top = x + offsets[0], middle = x + offsets[1], bottom = x + offsets[2];
        Vector256<short> s = Avx2.ConvertToVector256Int16(top), t = Avx2.ConvertToVector256Int16(middle);
        Vector256<short> p0 = Avx2.UnpackLow(s, t), p1 = Avx2.UnpackHigh(s, t);
        s = Avx2.ConvertToVector256Int16(bottom);
        t = Avx2.ConvertToVector256Int16(bottom + next);
        Vector256<short> q0 = Avx2.UnpackLow(s, t), q1 = Avx2.UnpackHigh(s, t);
        sbyte* y = (sbyte*)finish.Y;
        var v = (short*)w;
        for (; count > 0; count--)
        {
            Vector256<int> c0 = DepthwiseAvx2Columns.Multiply(DepthwiseAvx2Columns.Multiply(b0, p0, v), q0, v + 32);
            Vector256<int> c1 = DepthwiseAvx2Columns.Multiply(DepthwiseAvx2Columns.Multiply(b1, p1, v + 16), q1, v + 48);
            s = Avx2.ConvertToVector256Int16(top + next);
            t = Avx2.ConvertToVector256Int16(middle + next);
            c0 = DepthwiseAvx2Columns.Multiply(c0, Avx2.UnpackLow(s, t), v + 64);
            c1 = DepthwiseAvx2Columns.Multiply(c1, Avx2.UnpackHigh(s, t), v + 80);
            top += step;
            middle += step;
            bottom += step;
            s = Avx2.ConvertToVector256Int16(top);
            t = Avx2.ConvertToVector256Int16(middle);
            p0 = Avx2.UnpackLow(s, t);
            p1 = Avx2.UnpackHigh(s, t);
            s = Avx2.ConvertToVector256Int16(bottom);
            // Behind the last column nothing is read: its weight is zero.
            t = Avx2.ConvertToVector256Int16(bottom + (count > 1 ? next : 0));
            q0 = Avx2.UnpackLow(s, t);
            q1 = Avx2.UnpackHigh(s, t);
            c0 = DepthwiseAvx2Columns.Multiply(DepthwiseAvx2Columns.Multiply(c0, p0, v + 96), q0, v + 128);
            c1 = DepthwiseAvx2Columns.Multiply(DepthwiseAvx2Columns.Multiply(c1, p1, v + 112), q1, v + 144);
            DepthwiseAvx2Columns.Store(c0, c1, y, finish);
            y += finish.PixelStride;
        }
    }
}
