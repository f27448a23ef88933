using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Movement;

/// <summary>The output is <paramref name="Values"/>, which were known when the kernel was made (s64).</summary>
public sealed record KnownIntegersProblem(long[] Values);

/// <summary>Facts about shapes as tensors.</summary>
public static class KnownIntegersKernels
{
    public static readonly KernelTable<KnownIntegersProblem> Table = new(
        "knownintegers",
        [
            new("knownintegers_s64_ref", CpuFeatures.None, _ => true, p => new KnownIntegers(p.Values)),
        ]);
}

internal sealed unsafe class KnownIntegers(long[] values) : Kernel
{
    public override void Run(in KernelContext context) => values.CopyTo(new Span<long>(context.Output(0), values.Length));
}
