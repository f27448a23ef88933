using System.Runtime.InteropServices;

namespace Edge.Kernels.Threading;

/// <summary>On which cores a thread may run. Linux only; elsewhere nothing happens.</summary>
public static unsafe partial class ThreadAffinity
{
    /// <summary>Most cores that a mask holds.</summary>
    private const int MostCores = 1024;

    private const int MaskBytes = MostCores / 8;

    /// <summary>Cores on which the calling thread may run; in a container these may be fewer than the machine has.</summary>
    public static int[] Allowed()
    {
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        if (!OperatingSystem.IsLinux() || Get(0, MaskBytes, mask) < 0)
        {
            return [.. Enumerable.Range(0, Environment.ProcessorCount)];
        }
        var cores = new List<int>();
        for (int core = 0; core < MostCores; core++)
        {
            if ((mask[core / 8] >> (core % 8) & 1) != 0)
            {
                cores.Add(core);
            }
        }
        return [.. cores];
    }

    /// <summary>Keeps the calling thread on <paramref name="cores"/>.</summary>
    /// <returns>Whether the system did so; it refuses cores that the process may not use.</returns>
    public static bool Restrict(ReadOnlySpan<int> cores)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        foreach (int core in cores)
        {
            if ((uint)core < MostCores)
            {
                mask[core / 8] |= (byte)(1 << (core % 8));
            }
        }
        return Set(0, MaskBytes, mask) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int Get(int thread, nuint bytes, byte* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int Set(int thread, nuint bytes, byte* mask);
}
