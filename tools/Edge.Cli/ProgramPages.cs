using System.Globalization;
using System.Runtime.InteropServices;

namespace Edge.Cli;

/// <summary>
/// A program's code comes from its file when it is first used: on a memory card that takes milliseconds, in the middle of a heart beat, and
/// the memory of a daemon grows for hours, with each rare case that happens for the first time.
/// </summary>
internal static partial class ProgramPages
{
    /// <summary>MADV_POPULATE_READ of sys/mman.h, of Linux 5.14; older ones refuse it, and nothing is lost.</summary>
    private const int PopulateRead = 22;

    /// <summary>Brings the code and the constants of this program into memory.</summary>
    /// <returns>Bytes that are there now.</returns>
    public static long Load()
    {
        const string Maps = "/proc/self/maps";
        if (!OperatingSystem.IsLinux() || Environment.ProcessPath is not { } program || !File.Exists(Maps))
        {
            return 0;
        }
        long loaded = 0;
        foreach (string line in File.ReadAllLines(Maps).Where(l => l.EndsWith($" {program}", StringComparison.Ordinal)))
        {
            // 5638cea8a000-5638cf2a0000 r-xp 00001000 08:01 123 /usr/bin/edge
            string[] words = line.Split(' ', 3);
            if (words[1].StartsWith("r-", StringComparison.Ordinal))
            {
                nint[] range = [.. words[0].Split('-').Select(w => nint.Parse(w, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
                loaded += Advise(range[0], range[1] - range[0], PopulateRead) == 0 ? range[1] - range[0] : 0;
            }
        }
        return loaded;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nint length, int advice);
}
