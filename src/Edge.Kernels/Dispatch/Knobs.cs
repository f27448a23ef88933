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

    public static readonly Knob NoColor = new("NO_COLOR", "", "any value: print no colours");

    public static readonly Knob[] All = [Cpu, Threads, Policy, Cost, NoColor];
}
