using System.Diagnostics;
using Edge.Bench.Kernels;
using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Bench.Rows;

/// <summary>How long each competing row takes for one problem.</summary>
/// <param name="Problem">In short.</param>
/// <param name="Convolution">The problem itself.</param>
/// <param name="Times">Milliseconds by row, the first quartile of the runs.</param>
internal sealed record RowTimes(string Problem, ConvProblem Convolution, IReadOnlyList<(KernelRow<ConvProblem> Row, double Milliseconds)> Times)
{
    public (KernelRow<ConvProblem> Row, double Milliseconds) Best => Times.MinBy(t => t.Milliseconds);

    /// <summary>The row that is cheapest by a cost model.</summary>
    /// <param name="model">null = each row's own.</param>
    public (KernelRow<ConvProblem> Row, double Milliseconds) Choice(CostModel? model = null) =>
        Times.MinBy(t => model is null ? t.Row.EstimateCost(Convolution) : t.Row.EstimateCost(Convolution, model));
}

/// <summary>Times the rows that compete for convolutions in which kernel size, channels and length vary.</summary>
internal static class RowSweep
{
    private const double SecondsPerRow = 0.12;
    private const int FewestRuns = 3;

    /// <summary>Twice a large last-level cache.</summary>
    private const long CachedBytes = 64 << 20;

    private const int MostInstances = 16;

    /// <summary>Channels, input height and width, kernel height and width.</summary>
    private static readonly (int Channels, int H, int W, int KernelH, int KernelW)[] Shapes =
    [
        .. from channels in new[] { 8, 32, 128 } from kernel in new[] { 3, 8, 16, 32, 64, 128, 256 } select (channels, 1, 2048, 1, kernel),
        .. from channels in new[] { 8, 32, 128 } from kernel in new[] { 3, 5, 7, 9, 11, 15 } select (channels, 56, 56, kernel, kernel),
        (256, 14, 14, 3, 3), (512, 7, 7, 3, 3), (64, 27, 27, 5, 5), (192, 27, 27, 5, 5), (48, 14, 14, 5, 5), (512, 14, 14, 3, 3), (256, 1, 128, 1, 16), (64, 1, 1024, 1, 16),
    ];

    /// <summary>All problems, one after the other.</summary>
    public static IEnumerable<RowTimes> Run(int threads)
    {
        foreach ((int channels, int h, int w, int kernelH, int kernelW) in Shapes)
        {
            var begin = new Extent(0, (kernelH - 1) / 2, (kernelW - 1) / 2);
            var end = new Extent(0, kernelH / 2, kernelW / 2);
            var input = new Extent(1, h, w);
            var window = new Window(new Extent(1, kernelH, kernelW), Extent.One, Extent.One, begin, end);
            var problem = new ConvProblem(
                DataType.F32, 1, channels, channels, 1, input, input, window, true, false, default, Layout.Blocked8, Layout.Blocked8);
            string text = h == 1 ? $"1-D, {channels} channels, length {w}, kernel {kernelW}" : $"2-D, {channels} channels, {h}x{w}, kernel {kernelH}x{kernelW}";
            yield return new RowTimes(text, problem, [.. Competing(problem).Select(row => (row, Time(row, problem, threads)))]);
        }
    }

    /// <summary>The rows that the planner would weigh against each other: those of the best instruction set.</summary>
    private static IEnumerable<KernelRow<ConvProblem>> Competing(ConvProblem problem)
    {
        KernelRow<ConvProblem>[] rows = [.. ConvKernels.Table.Candidates(problem, Cpu.Features).Where(r => r.EstimateCost(problem) is not null)];
        CpuFeatures best = rows[0].Requires;
        return rows.Where(r => r.Requires == best);
    }

    private static double Time(KernelRow<ConvProblem> row, ConvProblem problem, int threads)
    {
        TensorInfo x = new(DataType.F32, new Shape(1, problem.InChannels, problem.Input.H, problem.Input.W), Layout: problem.InputLayout);
        TensorInfo weights = new(DataType.F32, new Shape(problem.OutChannels, problem.InChannels, problem.Window.Kernel.H, problem.Window.Kernel.W));
        TensorInfo y = new(DataType.F32, new Shape(1, problem.OutChannels, problem.Output.H, problem.Output.W), Layout: problem.OutputLayout);
        var of = new KernelCase(
            row.Name, "", 0, () => row.Create(problem), [x, weights, new TensorInfo(DataType.F32, new Shape(problem.OutChannels)), null], [false, true, true, false], y);
        PreparedCase[] prepared = [of.Prepare(threads)];
        // In a network the weights of a layer have left the caches when its turn comes again: so many kernels take turns here.
        int instances = (int)Math.Clamp(CachedBytes / Math.Max(1, prepared[0].PackedBytes), 1, MostInstances);
        prepared = [.. prepared, .. Enumerable.Range(1, instances - 1).Select(_ => of.Prepare(threads))];
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < (FewestRuns + 1) * instances || Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerRow; run++)
        {
            long before = Stopwatch.GetTimestamp();
            prepared[run % instances].Run();
            times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        Array.ForEach(prepared, p => p.Dispose());
        // The first runs touch their memory for the first time.
        return times.Skip(instances).Order().ElementAt((times.Count - instances) / 4);
    }
}
