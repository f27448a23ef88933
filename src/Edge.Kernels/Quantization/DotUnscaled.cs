using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Kernels.Quantization;

/// <summary>The sums themselves: 32-bit integers, as many as lanes for each pixel; multipliers and limits do not count.</summary>
internal readonly unsafe struct DotUnscaled : IDotEnd
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> first, Vector256<int> second, in DotFinish finish, int pixel)
    {
        var y = (int*)(finish.Y + (pixel * finish.PixelStride));
        first.Store(y);
        second.Store(y + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, in DotFinish finish, int pixel)
    {
        var y = (int*)(finish.Y + (pixel * finish.PixelStride));
        s0.Store(y);
        s1.Store(y + 4);
        s2.Store(y + 8);
        s3.Store(y + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int pixels, int vectors, int* sums, in DotFinish finish)
    {
        byte* y = finish.Y;
        long stride = finish.PixelStride;
        for (int i = 0; i < pixels; i++, y += stride)
        {
            var to = (int*)y;
            for (int v = 0; v < vectors; v++, sums += VnniCode.Lanes, to += VnniCode.Lanes)
            {
                Vector256.Load(sums).Store(to);
                Vector256.Load(sums + 8).Store(to + 8);
            }
        }
    }
}
