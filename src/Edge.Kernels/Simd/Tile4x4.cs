using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Simd;

/// <summary>Transposition of four rows of four 32-bit elements in registers. Pitches are the bytes from row to row.</summary>
internal static unsafe class Tile4x4
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(byte* source, long sourcePitch, byte* target, long targetPitch)
    {
        Vector128<float> a = Vector128.Load((float*)source);
        Vector128<float> b = Vector128.Load((float*)(source + sourcePitch));
        Vector128<float> c = Vector128.Load((float*)(source + (2 * sourcePitch)));
        Vector128<float> d = Vector128.Load((float*)(source + (3 * sourcePitch)));
        Vector128<double> ab = ZipLow(a, b).AsDouble(); // a0 b0 a1 b1
        Vector128<double> cd = ZipLow(c, d).AsDouble();
        Vector128.Store(ZipLow(ab, cd).AsSingle(), (float*)target);
        Vector128.Store(ZipHigh(ab, cd).AsSingle(), (float*)(target + targetPitch));
        ab = ZipHigh(a, b).AsDouble(); // a2 b2 a3 b3
        cd = ZipHigh(c, d).AsDouble();
        Vector128.Store(ZipLow(ab, cd).AsSingle(), (float*)(target + (2 * targetPitch)));
        Vector128.Store(ZipHigh(ab, cd).AsSingle(), (float*)(target + (3 * targetPitch)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b)
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.ZipLow(a, b);
        }
        return Sse.IsSupported ? Sse.UnpackLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b)
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.ZipHigh(a, b);
        }
        return Sse.IsSupported ? Sse.UnpackHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);
    }

    // Halves of vectors (GetLower, GetUpper) would go through memory on x64.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> ZipLow(Vector128<double> a, Vector128<double> b)
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.ZipLow(a, b);
        }
        return Sse2.IsSupported ? Sse2.UnpackLow(a, b) : Vector128.Create(a[0], b[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> ZipHigh(Vector128<double> a, Vector128<double> b)
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.ZipHigh(a, b);
        }
        return Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : Vector128.Create(a[1], b[1]);
    }
}
