namespace Edge.Kernels.Dispatch;

/// <summary>A declared environment variable: read once, listed by <c>edge doctor</c>.</summary>
public sealed record Knob(string Name, string Default, string Description)
{
    public string Value { get; } = Environment.GetEnvironmentVariable(Name) is { Length: > 0 } set ? set : Default;
}

/// <summary>Every environment variable that changes what Edge does.</summary>
public static class Knobs
{
    public static readonly Knob Cpu = new("EDGE_CPU", "", "processor features to leave unused, for example -avx2,-fma or none");
    public static readonly Knob Threads = new("EDGE_THREADS", "0", "threads per session where none are asked for; 0 = as many as the policy gives");
    public static readonly Knob Policy = new("EDGE_POLICY", "balanced", "latency, balanced or eco: how threads wait and on which cores they run");
    public static readonly Knob Cost = new("EDGE_COST", "", "cost model for choosing convolution rows, as edge-bench rows --fit prints it");

    public static readonly Knob Device = new("EDGE_DEVICE", "", "a part of the name of the OpenCL or Vulkan device to take; empty = GPUs before processors");
    public static readonly Knob Cache = new("EDGE_CACHE", "", "folder for compiled device kernels and passed self-tests; empty = edge in XDG_CACHE_HOME or ~/.cache, none = keep nothing");

    public static readonly Knob SelfTest = new("EDGE_SELFTEST", "first", "when models compute their golden samples before they are used: first = once per model, program and device, always, off");

    public static readonly Knob NoColor = new("NO_COLOR", "", "any value: print no colours");

    public static readonly Knob Set = new("EDGE_SET", "", "edge serve: settings that win over the file, PATH=VALUE, separated by semicolons");

    public static readonly Knob NotifySocket = new("NOTIFY_SOCKET", "", "set by systemd: where the daemon says that it is ready and alive");

    public static readonly Knob WatchdogMicroseconds = new("WATCHDOG_USEC", "", "set by systemd: how often the daemon has to say that it is alive");

    public static readonly Knob StateDirectory = new("STATE_DIRECTORY", "", "set by systemd: the daemon's folder where its configuration names none");

    public static readonly Knob[] All = [Cpu, Threads, Policy, Cost, Device, Cache, SelfTest, NoColor, Set, NotifySocket, WatchdogMicroseconds, StateDirectory];
}
