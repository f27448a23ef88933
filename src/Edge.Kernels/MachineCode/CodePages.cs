using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.MachineCode;

/// <summary>
/// Instructions that were assembled at run time, in pages that are written first and executable, no longer writable, afterwards. Systems
/// that forbid such pages, and other systems than Linux on x64, have none: kernels made of them are left out there.
/// </summary>
internal static unsafe partial class CodePages
{
    private const int Read = 1;
    private const int Write = 2;
    private const int Execute = 4;
    private const int PrivateAnonymous = 0x02 | 0x20;

    /// <summary>Whether the system lets code be made: one function is, and has to return what it was given.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && X86Base.X64.IsSupported && Probe();

    /// <summary>Whether the system saves the registers of AVX-512: XCR0 (Intel's manual, volume 1, section 13.3). False where no code can be made.</summary>
    public static bool SavesAvx512 { get; } = IsSupported && (X86Base.CpuId(1, 0).Ecx & (1 << 27)) != 0 && (ReadState() & 0xE6) == 0xE6;

    /// <summary>Copies <paramref name="code"/> into pages of its own. They stay until the process ends.</summary>
    /// <returns>The first instruction; null where the system refuses.</returns>
    public static void* Publish(ReadOnlySpan<byte> code)
    {
        byte* pages = Map(null, (nuint)code.Length, Read | Write, PrivateAnonymous, -1, 0);
        if ((nint)pages == -1)
        {
            return null;
        }
        code.CopyTo(new Span<byte>(pages, code.Length));
        if (Protect(pages, (nuint)code.Length, Read | Execute) == 0)
        {
            return pages;
        }
        _ = Unmap(pages, (nuint)code.Length);
        return null;
    }

    /// <summary>Publishes programs that were assembled one behind the other.</summary>
    /// <param name="starts">Where each begins.</param>
    /// <returns>The first instruction of each; zeros where the system refuses.</returns>
    public static nint[] Publish(X64Assembler assembler, int[] starts)
    {
        var code = (byte*)Publish(assembler.ToArray());
        return Array.ConvertAll(starts, start => code is null ? 0 : (nint)(code + start));
    }

    private static bool Probe()
    {
        // mov rax, rdi; ret
        var identity = (delegate* unmanaged<long, long>)Publish([0x48, 0x89, 0xF8, 0xC3]);
        return identity is not null && identity(42) == 42;
    }

    private static long ReadState()
    {
        // xor ecx, ecx; xgetbv; shl rdx, 32; or rax, rdx; ret
        var read = (delegate* unmanaged<long>)Publish([0x31, 0xC9, 0x0F, 0x01, 0xD0, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3]);
        return read is null ? 0 : read();
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
