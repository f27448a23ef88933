using System.Runtime.InteropServices;

namespace Edge.Cli;

/// <summary>
/// The allocator of glibc gives threads heaps of their own, up to eight per core, and each keeps what the largest JPEG once took, about a
/// megabyte: as pool threads come and go, a daemon would grow until all of them are there.
/// </summary>
internal static partial class NativeHeap
{
    /// <summary>M_ARENA_MAX of malloc.h.</summary>
    private const int MostArenas = -8;

    /// <summary>Lets all threads share a few heaps; other C libraries than glibc have nothing to limit.</summary>
    public static void Share(int heaps)
    {
        try
        {
            _ = SetOption(MostArenas, heaps);
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // Not glibc.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
