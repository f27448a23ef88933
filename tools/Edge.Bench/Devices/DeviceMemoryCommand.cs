using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Bench.Devices;

/// <summary><c>edge-bench device-memory</c>: memory of the host and of the device while a model runs thousands of times.</summary>
internal sealed class DeviceMemoryCommand : Command
{
    private const int WarmUp = 20;

    /// <summary>Readings behind the first.</summary>
    private const int Readings = 4;

    /// <summary>Growth that is no leak: drivers keep pools of their own. One object of 2 KiB per run in 10,000 runs is as much.</summary>
    private const long MostBytes = 20 << 20;

    private readonly Argument<string> _model = new("MODEL") { Description = "An ONNX or .edge file." };
    private readonly Option<int> _runs = BenchOptions.Number("--runs", "Inferences on each API.", 10_000, 1, 10_000_000);
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();

    public DeviceMemoryCommand()
        : base("device-memory", "Runs a model thousands of times on OpenCL and Vulkan and prints the memory meanwhile.")
    {
        Arguments.Add(_model);
        Options.Add(_runs);
        Options.Add(_shapes);
        SetAction(Run);
    }

    /// <returns>0 when memory stays flat and every inference is one submission, else 1.</returns>
    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_model);
        Graph graph = ModelFiles.Load(path, result.GetRequiredValue(_shapes));
        bool isFlat = true;
        foreach (DeviceApi api in new[] { DeviceApi.OpenCl, DeviceApi.Vulkan })
        {
            try
            {
                isFlat &= Run(ModelFiles.NameOf(path), graph, api, result.GetValue(_runs));
            }
            catch (EdgeException exception) when (exception.Error == EdgeError.DeviceMissing)
            {
                Console.Out.WriteLine($"{api}: {exception.Message}");
            }
        }
        return isFlat ? 0 : 1;
    }

    private static bool Run(string model, Graph graph, DeviceApi api, int runs)
    {
        using IDevice device = DeviceCatalog.Open(api);
        using var session = new InferenceSession(graph, new SessionOptions { Device = device });
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(graph);
        Repeat(session, inputs, WarmUp);
        Console.Out.WriteLine($"{model} on {device.Info.Backend}, {device.Info.Name}: {session.Plan.Steps.Count(s => s.IsOnDevice)} of {session.Plan.Steps.Count} steps on the device");
        long submissions = device.Submissions;
        Reading first = Reading.Of(device);
        Reading last = first;
        Console.Out.WriteLine($"  {0,9} runs: {first}");
        long start = Stopwatch.GetTimestamp();
        for (int i = 1, done = 0; i <= Readings; i++)
        {
            int until = (int)((long)runs * i / Readings);
            Repeat(session, inputs, until - done);
            done = until;
            last = Reading.Of(device);
            Console.Out.WriteLine($"  {done,9} runs: {last}");
        }
        double perRun = (device.Submissions - submissions) / (double)runs;
        bool isFlat = last.IsFlatSince(first) && perRun == session.Plan.Stages.Count(s => s.IsOnDevice);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {Stopwatch.GetElapsedTime(start).TotalMilliseconds / runs:F3} ms and {perRun:0.###} submissions per run; {(isFlat ? "memory is flat" : "MEMORY GROWS")}"));
        return isFlat;
    }

    private static void Repeat(InferenceSession session, IReadOnlyList<Tensor> inputs, int runs)
    {
        for (int run = 0; run < runs; run++)
        {
            for (int i = 0; i < inputs.Count; i++)
            {
                session.SetInput(i, inputs[i]);
            }
            session.Execute();
        }
    }

    /// <param name="Host">Resident bytes of this process.</param>
    /// <param name="Device">Bytes on the device by the driver's count; null where it does not tell.</param>
    /// <param name="Objects">Objects of the API that Edge holds.</param>
    private readonly record struct Reading(long Host, long? Device, int Objects)
    {
        public static Reading Of(IDevice device) => new(Environment.WorkingSet, device.ReadUsedBytes(), device.LiveObjects);

        public bool IsFlatSince(Reading first) =>
            Host - first.Host <= MostBytes && (Device - first.Device ?? 0) <= MostBytes && Objects == first.Objects;

        public override string ToString() =>
            $"host {Quantity.Bytes(Host)}, device {(Device is { } bytes ? Quantity.Bytes(bytes) : "not told by the driver")}, {Objects} objects";
    }
}
