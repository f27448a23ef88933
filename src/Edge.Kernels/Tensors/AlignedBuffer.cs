using System.Runtime.InteropServices;

namespace Edge.Kernels.Tensors;

/// <summary>
/// Unmanaged memory aligned to 64 bytes (one cache line, one AVX-512 register); large blocks lie on large pages where the system
/// has them. Freed by Dispose or the finalizer.
/// </summary>
public sealed unsafe class AlignedBuffer : IDisposable
{
    public const int Alignment = 64;

    private readonly byte* _mapped;
    private byte* _data;

    /// <param name="bytes">At least 0. The memory is zeroed.</param>
    public AlignedBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        // One extra cache line, so that a vector load at the last element never leaves the block.
        nuint padded = (nuint)checked(Align(bytes) + Alignment);
        if (LargePages.IsSupported && bytes >= LargePages.PageBytes)
        {
            _data = LargePages.Allocate(padded, out _mapped);
        }
        else
        {
            _data = (byte*)NativeMemory.AlignedAlloc(padded, Alignment);
            NativeMemory.Clear(_data, padded);
        }
        GC.AddMemoryPressure((long)padded);
    }

    ~AlignedBuffer() => Free();

    public long Bytes { get; }

    public byte* Data => _data;

    /// <summary><paramref name="bytes"/> rounded up to a multiple of <see cref="Alignment"/>.</summary>
    public static long Align(long bytes) => checked(bytes + Alignment - 1) & ~(long)(Alignment - 1);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_data is not null)
        {
            long padded = Align(Bytes) + Alignment;
            if (_mapped is not null)
            {
                LargePages.Free(_mapped, (nuint)padded);
            }
            else
            {
                NativeMemory.AlignedFree(_data);
            }
            _data = null;
            GC.RemoveMemoryPressure(padded);
        }
    }
}
