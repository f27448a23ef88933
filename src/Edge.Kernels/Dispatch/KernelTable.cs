using Edge.Kernels.Tensors;

namespace Edge.Kernels.Dispatch;

/// <summary>How rows are to be chosen: by which processor, and whether only the naive references count.</summary>
/// <param name="Features">Features that rows may use.</param>
/// <param name="ReferenceOnly">Take the last row of each table, the naive one.</param>
/// <param name="Compact">Leave out rows that keep more weights than the model has, for runs that are not worth preparing them.</param>
/// <param name="OnDevice">Take a row for devices where one fits; see <see cref="KernelTable{TProblem}.DeviceRows"/>.</param>
public sealed record KernelQuery(CpuFeatures Features, bool ReferenceOnly = false, bool Compact = false, bool OnDevice = false)
{
    /// <summary>What the device is good at.</summary>
    public DeviceProfile Profile { get; init; } = DeviceProfile.Default;

    /// <summary>
    /// Features that rows of exact families (<see cref="KernelTable{TProblem}.IsExact"/>: quantized products and what stands between them) may use besides: their
    /// results are the same bits whatever they use, so that a golden sample of 128-bit float32 rows need not wait for naive integers.
    /// </summary>
    public CpuFeatures ForIntegers { get; init; }

    /// <summary>The row for devices that is taken wherever it fits, for tests and measurements; null for the best one.</summary>
    public string? DeviceRow { get; init; }

    /// <summary>This processor, every row.</summary>
    public static readonly KernelQuery Default = new(Cpu.Features);

    /// <summary>Naive rows only: the oracle every other row is compared with.</summary>
    public static readonly KernelQuery Reference = new(CpuFeatures.None, ReferenceOnly: true);
}

/// <summary>The part of a row that does not depend on the family's problem type.</summary>
public interface IKernelRow
{
    /// <summary><c>family_dtype_isa_variant</c>, for example <c>gemm_f32_avx2_6x16</c>.</summary>
    string Name { get; }

    CpuFeatures Requires { get; }
}

/// <summary>One way to solve a problem of a family.</summary>
/// <param name="name"><c>family_dtype_isa_variant</c>; the isa is <c>ref</c> for the naive row, <c>scalar</c>, <c>v128</c>, <c>avx2</c>, <c>avx512</c>, <c>vnni</c>, <c>avx512vnni</c>, <c>neon</c> or <c>neondot</c>.</param>
/// <param name="requires">Features without which the row cannot run.</param>
/// <param name="fits">Whether the row can solve this problem (type, layout, shapes).</param>
/// <param name="create">Makes the kernel for a problem that fits.</param>
/// <param name="cost">Estimated nanoseconds, for rows that compete; null = the row wins by its place.</param>
/// <param name="model">What work costs where the row runs.</param>
public sealed class KernelRow<TProblem>(
    string name, CpuFeatures requires, Func<TProblem, bool> fits, Func<TProblem, Kernel> create,
    Func<TProblem, CostModel, double>? cost = null, CostModel? model = null) : IKernelRow
{
    private readonly CostModel _model = CostModel.Fitted ?? model ?? CostModel.Simd128;

    public string Name => name;

    public CpuFeatures Requires => requires;

    /// <summary>Whether the kernel keeps several times the weights of the model; see <see cref="KernelQuery.Compact"/>.</summary>
    public bool ExpandsWeights { get; init; }

    /// <summary>Makes the kernel where it depends on the device; null where it does not.</summary>
    public Func<TProblem, DeviceProfile, Kernel>? CreateFor { get; init; }

    /// <summary>Estimated seconds on a device, for rows that compete; null = the row wins by its place.</summary>
    public Func<TProblem, DeviceProfile, double>? DeviceCost { get; init; }

    /// <summary>Takes part where the device is to keep weights in this type, see <see cref="DeviceProfile.Weights"/>, and goes before rows that name none.</summary>
    public DataType? DeviceWeights { get; init; }

    public bool Fits(TProblem problem) => fits(problem);

    /// <summary>Estimated nanoseconds, where the row competes with others; else null.</summary>
    public double? EstimateCost(TProblem problem) => EstimateCost(problem, _model);

    /// <summary>The same under another model.</summary>
    public double? EstimateCost(TProblem problem, CostModel other) => cost?.Invoke(problem, other);

    /// <summary>The model by which the row is judged.</summary>
    public CostModel Model => _model;

    public Kernel Create(TProblem problem) => create(problem);

    /// <summary>The kernel for a device.</summary>
    public Kernel Create(TProblem problem, DeviceProfile profile) => CreateFor is null ? create(problem) : CreateFor(problem, profile);
}

/// <summary>The part of a table that does not depend on the family's problem type; what <see cref="KernelCatalog"/> lists.</summary>
public interface IKernelTable
{
    string Family { get; }

    IReadOnlyList<IKernelRow> Rows { get; }

    IReadOnlyList<IKernelRow> DeviceRows { get; }
}

/// <summary>
/// The rows of a family, best first. The first row that fits wins, at plan time; where it states a cost, the cheapest of the
/// rows that fit and state one. The last rows are the naive references, which fit everything the family can do.
/// </summary>
public sealed class KernelTable<TProblem>(string family, params KernelRow<TProblem>[] rows) : IKernelTable
{
    private KernelRow<TProblem>[]? _deviceRows;

    public string Family => family;

    public KernelRow<TProblem>[] Rows => rows;

    /// <summary>Rows that OpenCL and Vulkan devices compute, best first: apart, because they are no rows for this processor.</summary>
    public KernelRow<TProblem>[] DeviceRows => _deviceRows ??= Device?.Invoke() ?? [];

    /// <summary>All rows compute the same bits: integers, or float32 whose every rounding is fixed.</summary>
    public bool IsExact { get; init; }

    /// <summary>Makes <see cref="DeviceRows"/> when they are first asked for.</summary>
    public Func<KernelRow<TProblem>[]>? Device { get; init; }

    IReadOnlyList<IKernelRow> IKernelTable.DeviceRows => DeviceRows;

    IReadOnlyList<IKernelRow> IKernelTable.Rows => rows;

    /// <summary>The row for <paramref name="problem"/>.</summary>
    /// <exception cref="NotSupportedException">No row fits.</exception>
    public KernelRow<TProblem> Select(TProblem problem, KernelQuery query)
    {
        if (query.OnDevice && SelectOnDevice(problem, query) is { } device)
        {
            return device;
        }
        CpuFeatures features = Features(query);
        KernelRow<TProblem>? best = null;
        double leastCost = double.PositiveInfinity;
        foreach (KernelRow<TProblem> row in rows)
        {
            bool available = query.ReferenceOnly ? row.IsReference() : (row.Requires & ~features) == 0;
            if (!available || (query.Compact && row.ExpandsWeights) || !row.Fits(problem))
            {
                continue;
            }
            double? cost = row.EstimateCost(problem);
            if (best is null && cost is null)
            {
                return row;
            }
            if (cost < leastCost)
            {
                best = row;
                leastCost = cost.Value;
            }
        }
        if (best is not null)
        {
            return best;
        }
        throw new NotSupportedException($"{family}: no kernel row for {problem} on {query.Features}");
    }

    private KernelRow<TProblem>? SelectOnDevice(TProblem problem, KernelQuery query)
    {
        KernelRow<TProblem>[] fitting = [.. DeviceRows.Where(row => (row.DeviceWeights is null || row.DeviceWeights == query.Profile.Weights) && row.Fits(problem))];
        if (Array.Exists(fitting, row => row.DeviceWeights is not null))
        {
            fitting = [.. fitting.Where(row => row.DeviceWeights is not null)];
        }
        if (query.DeviceRow is { } wanted && Array.Find(fitting, row => row.Name == wanted) is { } named)
        {
            return named;
        }
        return fitting is [{ DeviceCost: not null }, ..]
            ? fitting.Where(row => row.DeviceCost is not null).MinBy(row => row.DeviceCost!(problem, query.Profile))
            : fitting.FirstOrDefault();
    }

    /// <summary>Selects a row and makes its kernel.</summary>
    public PreparedKernel Prepare(TProblem problem, KernelQuery query)
    {
        KernelRow<TProblem> row = Select(problem, query);
        return new PreparedKernel(row.Name, row.Create(problem, query.Profile));
    }

    /// <summary>Whether a row that is not naive can solve <paramref name="problem"/>.</summary>
    public bool HasFastRow(TProblem problem, KernelQuery query) => Candidates(problem, Features(query)).Any(row => !row.IsReference());

    private CpuFeatures Features(KernelQuery query) => IsExact ? query.Features | query.ForIntegers : query.Features;

    /// <summary>Every row that fits and that this processor can run, for tests and benchmarks.</summary>
    public IEnumerable<KernelRow<TProblem>> Candidates(TProblem problem, CpuFeatures features) =>
        rows.Where(row => (row.Requires & ~features) == 0 && row.Fits(problem));
}

/// <summary>A kernel and the name of the row that made it.</summary>
public readonly record struct PreparedKernel(string RowName, Kernel Kernel);

/// <summary>Facts read off a row.</summary>
public static class KernelRows
{
    /// <summary>Naive rows carry <c>_ref</c> in their name.</summary>
    public static bool IsReference(this IKernelRow row) => IsReference(row.Name);

    /// <summary>Whether a row of this name is a naive one.</summary>
    public static bool IsReference(string rowName) => rowName.EndsWith("_ref", StringComparison.Ordinal) || rowName.Contains("_ref_", StringComparison.Ordinal);
}
