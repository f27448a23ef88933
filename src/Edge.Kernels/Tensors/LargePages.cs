using System.Runtime.InteropServices;

namespace Edge.Kernels.Tensors;

/// <summary>
/// Memory straight from the system for large blocks: zeroed by the kernel only where it is touched, and on large pages where the
/// system has them, so that streaming weights misses the translation cache less often.
/// </summary>
internal static unsafe partial class LargePages
{
    /// <summary>A large page of x64, and of arm64 with pages of 4 KiB.</summary>
    public const int PageBytes = 2 * 1024 * 1024;

    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymous = 0x02 | 0x20;
    private const int WantLargePages = 14;

    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Reserves zeroed memory.</summary>
    /// <param name="mapped">What <see cref="Free"/> takes: where the mapping starts.</param>
    /// <returns>The first address, a multiple of <see cref="PageBytes"/>.</returns>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public static byte* Allocate(nuint bytes, out byte* mapped)
    {
        nuint length = MappedBytes(bytes);
        mapped = Map(null, length, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)mapped == -1)
        {
            throw new OutOfMemoryException($"the system refuses {length} bytes of memory");
        }
        byte* start = (byte*)(((nuint)mapped + PageBytes - 1) / PageBytes * PageBytes);
        // Whole large pages only: a rest on one of its own could double the memory of a block. A system without them says no.
        _ = Advise(start, bytes / PageBytes * PageBytes, WantLargePages);
        return start;
    }

    public static void Free(byte* mapped, nuint bytes) => _ = Unmap(mapped, MappedBytes(bytes));

    private static nuint MappedBytes(nuint bytes) => checked(bytes + PageBytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);
}
