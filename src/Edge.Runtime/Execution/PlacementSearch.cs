using System.Diagnostics;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>
/// Finds the fastest placement of a graph by measuring: everything on the processor, everything on the device, and the cut between
/// both of least estimated time. A device whose results differ from the processor's is not used.
/// </summary>
/// <param name="graph">The model.</param>
/// <param name="inputs">What is run: a golden sample, or made-up input.</param>
/// <param name="threads">Threads of the processor; 0 for all cores.</param>
public sealed class PlacementSearch(Graph graph, IReadOnlyList<Tensor> inputs, int threads)
{
    /// <summary>Largest |a-b| / max|b| between device and processor.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>A device has to be faster by more than measurements scatter.</summary>
    private const double LeastGain = 0.95;

    private const double SecondsPerMeasurement = 0.3;
    private const int MostRuns = 30;

    private readonly List<string> _remarks = [];
    private double[] _cpuNodes = [];
    private Tensor[] _expected = [];
    private double _cpu;

    /// <summary>Measures the processor and every device.</summary>
    /// <param name="devices">Opened when their turn comes; a device that fails is left out.</param>
    public Placement Find(IEnumerable<Func<IDevice>> devices)
    {
        MeasureProcessor();
        Placement best = new("", "", "cpu", "", [], _cpu, _cpu, []);
        foreach (Func<IDevice> open in devices)
        {
            try
            {
                using IDevice device = open();
                Placement found = Measure(device);
                best = found.ChosenMs < Math.Min(best.ChosenMs, _cpu * LeastGain) ? found : best;
            }
            catch (EdgeException exception)
            {
                _remarks.Add(exception.Message);
            }
        }
        return best with { Remarks = [.. _remarks] };
    }

    private void MeasureProcessor()
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = threads });
        _expected = session.Run(inputs);
        _cpu = Latency(session);
        _cpuNodes = NodeTimes(session, _cpu);
    }

    private Placement Measure(IDevice device)
    {
        bool[] all = [.. Enumerable.Repeat(true, graph.Nodes.Count)];
        (double whole, double[] nodes)? measured = Measure(device, all, withNodes: true);
        if (measured is not { } onDevice)
        {
            return Result(device, all, double.PositiveInfinity);
        }
        (double latency, double millisecondsPerByte) = Transfer(device);
        bool[] cut = PlacementCut.Cheapest(graph, _cpuNodes, onDevice.nodes, latency, millisecondsPerByte);
        Placement best = Result(device, all, onDevice.whole);
        if (cut.Contains(true) && cut.Contains(false) && Measure(device, cut, withNodes: false) is { } mixed && mixed.Whole < best.ChosenMs)
        {
            best = Result(device, cut, mixed.Whole);
        }
        return best;
    }

    private Placement Result(IDevice device, bool[] onDevice, double milliseconds) => new(
        "", "", device.Info.Backend, device.Info.Name, [.. Enumerable.Range(0, onDevice.Length).Where(i => onDevice[i])], _cpu, milliseconds, []);

    /// <summary>Latency, and time per node, of a placement; null where its results are wrong.</summary>
    private (double Whole, double[] Nodes)? Measure(IDevice device, bool[] onDevice, bool withNodes)
    {
        HashSet<Node> chosen = [.. graph.Nodes.Where((_, i) => onDevice[i])];
        using var session = new InferenceSession(graph, new SessionOptions { Threads = threads, Device = device, OnDevice = chosen.Contains });
        Tensor[] outputs = session.Run(inputs);
        double error = outputs.Zip(_expected).Max(p => GoldenCheck.RelativeError(p.First, p.Second));
        string what = $"{device.Info.Backend} {device.Info.Name}, {chosen.Count} of {graph.Nodes.Count} nodes";
        if (!(error <= Tolerance))
        {
            _remarks.Add(FormattableString.Invariant($"{what}: differs from the processor by {error:G3} of the largest output, {Tolerance:G3} is allowed"));
            return null;
        }
        double latency = Latency(session);
        _remarks.Add(FormattableString.Invariant($"{what}: {latency:F3} ms, differs by {error:G3}; the processor takes {_cpu:F3} ms"));
        return (latency, withNodes ? NodeTimes(session, latency) : []);
    }

    /// <summary>Median milliseconds of a run.</summary>
    private double Latency(InferenceSession session)
    {
        var times = new List<double>();
        Run(session);
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < 3 || (times.Count < MostRuns && Stopwatch.GetElapsedTime(begin).TotalSeconds < SecondsPerMeasurement))
        {
            long start = Stopwatch.GetTimestamp();
            Run(session);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }

    private void Run(InferenceSession session)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            session.SetInput(i, inputs[i]);
        }
        session.Execute();
    }

    /// <summary>
    /// Milliseconds per node of the graph. Profiles run step by step, which costs more than a run in one go: the times are scaled to
    /// the latency. Steps that only plans have (reorders) count for the node before.
    /// </summary>
    private double[] NodeTimes(InferenceSession session, double latency)
    {
        Dictionary<string, int> index = graph.Nodes.Select((n, i) => (n.Name, i)).DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.i);
        var times = new double[graph.Nodes.Count];
        int last = 0;
        LayerTime[] layers = LayerProfile.Measure(session, inputs, 5);
        double sum = layers.Sum(l => l.Milliseconds);
        foreach (LayerTime layer in layers)
        {
            last = index.GetValueOrDefault(layer.Step.Node.Name, last);
            times[last] += sum == 0 ? 0 : layer.Milliseconds * latency / sum;
        }
        return times;
    }

    /// <summary>Milliseconds of an empty submission, and of a byte that is copied.</summary>
    private static (double Latency, double PerByte) Transfer(IDevice device)
    {
        const int Bytes = 4 << 20;
        using IDeviceArena arena = device.AllocateArena(Bytes);
        double small = Time(device, arena, 64);
        double large = Time(device, arena, Bytes);
        return (small, Math.Max(0, large - small) / (2.0 * Bytes));
    }

    private static double Time(IDevice device, IDeviceArena arena, long bytes)
    {
        using ICommandList commands = device.CreateCommands(arena);
        commands.Upload(0, bytes);
        commands.Barrier();
        commands.Download(0, bytes);
        commands.Finish();
        commands.Run();
        double least = double.PositiveInfinity;
        for (int i = 0; i < 5; i++)
        {
            long start = Stopwatch.GetTimestamp();
            commands.Run();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return least;
    }
}
