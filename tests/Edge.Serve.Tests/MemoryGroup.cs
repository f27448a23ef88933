using System.Globalization;

namespace Edge.Serve.Tests;

/// <summary>A control group with a limit of memory, version 2 or 1 of the kernel's interface; it takes a privileged process to make one.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private readonly string _folder;

    private MemoryGroup(string folder)
    {
        _folder = folder;
    }

    /// <summary>The file into which a process writes its number to get in.</summary>
    public string Processes => Path.Combine(_folder, "cgroup.procs");

    /// <returns>Null where no group can be made.</returns>
    public static MemoryGroup? TryCreate(long bytes)
    {
        bool isNew = File.Exists("/sys/fs/cgroup/cgroup.controllers");
        string folder = Path.Combine(isNew ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory", $"edge-test-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, isNew ? "memory.max" : "memory.limit_in_bytes"), bytes.ToString(CultureInfo.InvariantCulture));
            return new MemoryGroup(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder); // the kernel's files in it go with it
        }
        catch (IOException)
        {
            // A process is still ending: the empty group harms nobody.
        }
    }
}
