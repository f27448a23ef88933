using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Bench;

/// <summary>How far Edge is from ONNX Runtime on one model and one input.</summary>
/// <param name="Model">File name.</param>
/// <param name="Input">What was fed: <c>random</c>, or the name of a sample.</param>
/// <param name="Error">Largest |a-b| / max|b| of the model: over the elements of all its outputs; integer outputs count 1 when any element differs.</param>
/// <param name="OutputError">The same for every output by itself, of which the largest.</param>
/// <param name="ReferenceError">
/// Where <paramref name="OutputError"/> passes the limit: the distance of Edge from its reference rows, which accumulate in double
/// precision; else null.
/// </param>
/// <param name="PeerReferenceError">The same distance of ONNX Runtime, by output.</param>
/// <param name="IsQuantized">The model quantizes activations.</param>
/// <param name="Nodes">Nodes of the imported graph.</param>
/// <param name="FusedNodes">Nodes after all passes.</param>
public sealed record ComparisonResult(
    string Model, string Input, double Error, double OutputError, double? ReferenceError, double? PeerReferenceError, bool IsQuantized, int Nodes, int FusedNodes)
{
    /// <summary>Largest error that counts as equal in float32.</summary>
    public const double Limit = 1e-4;

    /// <summary>
    /// The model is within the limit and so is every output; or an output that is not is within the limit of the double-precision
    /// reference, while ONNX Runtime is further off it (its sigmoid is an approximation with an absolute error, which shows where
    /// a whole output is tiny).
    /// </summary>
    /// <remarks>
    /// A model that rounds activations to integers turns differences in the last bit of a sum into whole quantization steps:
    /// there, two right runtimes are as far from each other as each is from the reference.
    /// </remarks>
    public bool Agrees => (Error <= Limit && (OutputError <= Limit || (ReferenceError <= Limit && PeerReferenceError > ReferenceError)))
        || (IsQuantized && OutputError <= 2 * PeerReferenceError);
}

/// <summary>Runs a model in Edge and in ONNX Runtime on the same input.</summary>
public static class ModelComparison
{
    /// <summary>Compares on seeded random input, uniform in <paramref name="range"/>.</summary>
    /// <param name="path">An ONNX file.</param>
    /// <param name="shapes">Shapes of inputs whose dimensions the model leaves open, besides the batch.</param>
    /// <param name="range">The values that the model is made for; without, [-1, 1).</param>
    /// <param name="threads">Threads of both.</param>
    public static ComparisonResult OnRandomInput(string path, IReadOnlyDictionary<string, Shape>? shapes = null, ValueRange? range = null, int threads = 2)
    {
        (Graph graph, int nodes) = Load(path, shapes);
        ValueRange values = range ?? new ValueRange(-1, 1);
        Tensor[] inputs = [.. graph.Inputs.Select((value, i) => RandomInput(value.Info, values, 7 + i))];
        return Compare(path, range is null ? "random" : $"random {range}", graph, nodes, inputs, threads);
    }

    /// <summary>Compares on given inputs, for example a real image.</summary>
    public static ComparisonResult OnInput(string path, string name, IReadOnlyList<Tensor> inputs, int threads = 2)
    {
        string[] names = InputNames(path);
        var shapes = inputs.Select((t, i) => (names[i], t.Shape)).ToDictionary(p => p.Item1, p => p.Shape);
        (Graph graph, int nodes) = Load(path, shapes);
        return Compare(path, name, graph, nodes, inputs, threads);
    }

    /// <summary>Largest |a-b| / max|b| of two lists of outputs, every output by itself.</summary>
    public static double RelativeError(IReadOnlyList<Tensor> actual, IReadOnlyList<Tensor> expected) =>
        Distances(actual, expected).Max(d => d.Relative);

    /// <summary>Largest |a-b| / max|b| over the elements of all outputs.</summary>
    internal static double RelativeErrorOfAll(IReadOnlyList<Tensor> actual, IReadOnlyList<Tensor> expected)
    {
        Distance[] distances = [.. Distances(actual, expected)];
        return new Distance(distances.Max(d => d.Difference), distances.Max(d => d.Largest)).Relative;
    }

    private static IEnumerable<Distance> Distances(IReadOnlyList<Tensor> actual, IReadOnlyList<Tensor> expected) =>
        expected.Select((tensor, i) => Distance.Between(actual[i], tensor));

    /// <summary>Names of the inputs that have no initializer.</summary>
    public static string[] InputNames(string path)
    {
        Edge.Convert.Onnx.Wire.GraphProto graph = OnnxFile.Open(path).Model.Graph;
        var stored = graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return [.. graph.Input.Select(i => i.Name).Where(n => !stored.Contains(n))];
    }

    private static (Graph Graph, int Nodes) Load(string path, IReadOnlyDictionary<string, Shape>? shapes)
    {
        Graph graph = OnnxImporter.Import(path, new ImportOptions { InputShapes = shapes ?? new Dictionary<string, Shape>() }).Graph;
        int nodes = graph.Nodes.Count;
        PassPipeline.Default.Run(graph);
        return (graph, nodes);
    }

    private static ComparisonResult Compare(string path, string name, Graph graph, int nodes, IReadOnlyList<Tensor> inputs, int threads)
    {
        Tensor[] actual;
        using (var session = new InferenceSession(graph, new SessionOptions { Threads = threads }))
        {
            actual = session.Run(inputs);
        }
        Tensor[] expected = RunPeer(path, inputs, threads);
        double byOutput = RelativeError(actual, expected);
        double? own = null;
        double? peers = null;
        if (byOutput > ComparisonResult.Limit)
        {
            using var reference = new InferenceSession(graph, new SessionOptions { Threads = threads, Kernels = KernelQuery.Reference });
            Tensor[] exact = reference.Run(inputs);
            own = RelativeError(actual, exact);
            peers = RelativeError(expected, exact);
        }
        bool quantized = graph.Nodes.Any(n => n.Operator is QuantizeLinear);
        return new ComparisonResult(
            Path.GetFileNameWithoutExtension(path), name, RelativeErrorOfAll(actual, expected), byOutput, own, peers, quantized, nodes, graph.Nodes.Count);
    }

    private static Tensor[] RunPeer(string path, IReadOnlyList<Tensor> inputs, int threads)
    {
        string? widened = WidenFloat16.Write(path);
        try
        {
            using var peer = new OrtSession(widened ?? path, threads, optimize: false);
            Tensor[] outputs = peer.Run(widened is null ? inputs : [.. inputs.Select(WidenFloat16.Widen)]);
            return widened is null ? outputs : [.. outputs.Select(WidenFloat16.Narrow)];
        }
        finally
        {
            if (widened is not null)
            {
                File.Delete(widened);
            }
        }
    }

    private static Tensor RandomInput(TensorInfo info, ValueRange range, int seed)
    {
        var random = new Random(seed);
        Tensor tensor = Tensor.Allocate(info);
        for (int i = 0; i < tensor.Count; i++)
        {
            float value = range.Low + (random.NextSingle() * (range.High - range.Low));
            switch (info.Type)
            {
                case DataType.F32: tensor.Span<float>()[i] = value; break;
                case DataType.F16: tensor.Span<Half>()[i] = (Half)value; break;
                default: throw new NotSupportedException($"random input of type {info.Type.Name()}");
            }
        }
        return tensor;
    }
}
