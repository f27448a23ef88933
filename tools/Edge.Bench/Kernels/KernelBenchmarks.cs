using BenchmarkDotNet.Attributes;

namespace Edge.Bench.Kernels;

/// <summary>What BenchmarkDotNet runs: every chosen case.</summary>
public class KernelBenchmarks
{
    private PreparedCase? _prepared;

    /// <summary>The cases to run; set before the benchmarks start, in the same process.</summary>
    public static IReadOnlyList<KernelCase> Chosen { get; set; } = [];

    public static int Threads { get; set; } = 1;

    /// <summary>The case of one benchmark.</summary>
    [ParamsSource(nameof(Chosen))]
    public KernelCase Case { get; set; } = null!;

    [GlobalSetup]
    public void Prepare() => _prepared = Case.Prepare(Threads);

    [GlobalCleanup]
    public void Release() => _prepared?.Dispose();

    [Benchmark]
    public void Run() => _prepared!.Run();
}
