using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Execution;

/// <summary>Sessions for the backends of the command line.</summary>
public static class DeviceSessions
{
    /// <summary>A session whose device steps run on the first device of an API; it owns the device.</summary>
    /// <exception cref="EdgeException">There is no such device, or it cannot run the model.</exception>
    public static InferenceSession Open(Graph graph, DeviceApi api, SessionOptions options)
    {
        IDevice device = DeviceCatalog.Open(api);
        try
        {
            return new InferenceSession(graph, options with { Device = device, OwnsDevice = true });
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A session on whatever computes the model fastest here. Where the system shows a GPU, the placement is measured once and kept
    /// beside the model; a device that fails later is given up for the processor.
    /// </summary>
    /// <param name="path">The model's file.</param>
    public static InferenceSession OpenFastest(EdgeModel model, string path, SessionOptions options)
    {
        Placement placement = FindPlacement(model, path, options);
        if (placement.IsOnProcessor)
        {
            return new InferenceSession(model.Graph, options) { Placement = placement };
        }
        try
        {
            HashSet<int> onDevice = [.. placement.OnDevice];
            HashSet<Node> chosen = [.. model.Graph.Nodes.Where((_, i) => onDevice.Contains(i))];
            InferenceSession session = Open(model.Graph, placement.Api, options with { OnDevice = chosen.Contains, FallsBack = true });
            session.Placement = placement;
            return session;
        }
        catch (EdgeException exception)
        {
            return new InferenceSession(model.Graph, options) { Placement = Placement.OnProcessor(exception.Message) };
        }
    }

    /// <summary>The placement for a model on this machine: kept, or measured now and kept.</summary>
    public static Placement FindPlacement(EdgeModel model, string path, SessionOptions options)
    {
        if (!Placement.HasGpu())
        {
            return Placement.OnProcessor("the system shows no GPU");
        }
        int threads = options.ResolveThreads();
        if (Placement.TryRead(path, threads) is { } kept)
        {
            return kept;
        }
        IReadOnlyList<Tensor> inputs = RandomInputs.For(model);
        Placement found = new PlacementSearch(model.Graph, inputs, options.Threads).Find(Gpus()) with
        {
            Machine = Placement.FingerprintOf(threads),
            Model = Placement.HashOf(path),
        };
        found.TryWrite(path);
        return found;
    }

    /// <summary>Devices that are worth a measurement: those that are not the processor itself.</summary>
    private static IEnumerable<Func<IDevice>> Gpus()
    {
        foreach (DeviceApi api in new[] { DeviceApi.Vulkan, DeviceApi.OpenCl })
        {
            yield return () => DeviceCatalog.List(api).Any(d => d.Kind != DeviceKind.Processor)
                ? DeviceCatalog.Open(api)
                : throw new EdgeException(EdgeError.DeviceMissing, $"{api} has no device but the processor");
        }
    }
}
