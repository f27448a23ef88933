using System.Globalization;

namespace Edge.Kernels.Threading;

/// <summary>
/// The cores that this process may use, and how fast each is, as Linux tells it: <c>cpu_capacity</c> on arm64 (big.LITTLE), the
/// highest frequency elsewhere. Cores within a tenth of each other count as equal.
/// </summary>
public sealed class CpuTopology
{
    private const double Alike = 0.9;

    private readonly (int Core, long Speed)[] _cores;

    private CpuTopology((int Core, long Speed)[] cores) => _cores = cores;

    /// <summary>This machine.</summary>
    public static CpuTopology Current { get; } = Read("/sys/devices/system/cpu", ThreadAffinity.Allowed());

    /// <summary>Whether there are fast and slow cores.</summary>
    public bool IsHeterogeneous => _cores.Length > 0 && _cores.Min(c => c.Speed) < Alike * _cores.Max(c => c.Speed);

    /// <summary>Numbers of all cores.</summary>
    public int[] All => [.. _cores.Select(c => c.Core)];

    /// <summary>The fast cores; all where they are alike.</summary>
    public int[] Fast => [.. _cores.Where(c => c.Speed >= Alike * _cores.Max(o => o.Speed)).Select(c => c.Core)];

    /// <summary>The slow cores; all where they are alike.</summary>
    public int[] Slow => IsHeterogeneous ? [.. All.Except(Fast)] : All;

    /// <summary>Reads a tree like /sys/devices/system/cpu. Cores of which it says nothing count as alike.</summary>
    /// <param name="allowed">Numbers of the cores to look at.</param>
    public static CpuTopology Read(string root, IEnumerable<int> allowed) => new([.. allowed.Select(core => (core, Speed(Path.Combine(root, $"cpu{core}"))))]);

    /// <summary>Threads to use where none are asked for.</summary>
    public int DefaultThreads(PowerPolicy policy) => Math.Max(1, policy switch
    {
        PowerPolicy.Eco when !IsHeterogeneous => _cores.Length / 2,
        _ => CoresFor(policy).Length,
    });

    /// <summary>The cores on which threads should run.</summary>
    public int[] CoresFor(PowerPolicy policy) => policy == PowerPolicy.Eco ? Slow : Fast;

    private static long Speed(string core) => Number(Path.Combine(core, "cpu_capacity")) ?? Number(Path.Combine(core, "cpufreq", "cpuinfo_max_freq")) ?? 1;

    private static long? Number(string file)
    {
        try
        {
            return long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value > 0 ? value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
