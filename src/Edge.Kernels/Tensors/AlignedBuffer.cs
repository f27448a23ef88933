using System.Runtime.InteropServices;

namespace Edge.Kernels.Tensors;

/// <summary>
/// Unmanaged memory aligned to 64 bytes (one cache line, one AVX-512 register); large blocks lie on large pages where the system
/// has them. Freed by Dispose or the finalizer.
/// </summary>
public sealed unsafe partial class AlignedBuffer : IDisposable
{
    public const int Alignment = 64;

    /// <summary>A large page of x64 and arm64 with 4 KiB pages.</summary>
    private const int LargePage = 2 * 1024 * 1024;

    private byte* _data;

    /// <param name="bytes">At least 0. The memory is zeroed.</param>
    public AlignedBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        // One extra cache line, so that a vector load at the last element never leaves the block.
        nuint padded = (nuint)checked(Align(bytes) + Alignment);
        bool isLarge = bytes >= LargePage;
        _data = (byte*)NativeMemory.AlignedAlloc(padded, (nuint)(isLarge ? LargePage : Alignment));
        if (isLarge && OperatingSystem.IsLinux())
        {
            // Whole large pages only: a rest on one of its own could double the memory of a block.
            _ = AdviseMemory(_data, padded / LargePage * LargePage, LargePages);
        }
        NativeMemory.Clear(_data, padded);
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

    /// <summary>MADV_HUGEPAGE of Linux: streaming weights then misses the translation cache less often.</summary>
    private const int LargePages = 14;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int AdviseMemory(byte* address, nuint length, int advice);

    private void Free()
    {
        if (_data is not null)
        {
            NativeMemory.AlignedFree(_data);
            _data = null;
            GC.RemoveMemoryPressure(Align(Bytes) + Alignment);
        }
    }
}
