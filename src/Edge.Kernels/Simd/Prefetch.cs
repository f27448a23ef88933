using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Simd;

/// <summary>Hints that memory will be read soon. .NET has such an instruction on x64 only; elsewhere nothing happens.</summary>
internal static unsafe class Prefetch
{
    public const int LineBytes = 64;

    /// <summary>Brings one cache line to the second-level cache. The address may be invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Line(byte* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }
}
