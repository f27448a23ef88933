using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Convert.Quantize;
using Edge.Convert.Tests.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Bench.Tests.Quantize;

/// <summary>What <c>--emit-qdq</c> writes computes in ONNX Runtime what we compute.</summary>
public sealed class EmitQdqTests : IDisposable
{
    /// <summary>The number of the type in ONNX.</summary>
    private const int Int16 = 5;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-qdq-");

    public static TheoryData<string> Models => [.. QuantModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void OnnxRuntimeGivesOurNumbers(string name)
    {
        (double[][] ours, double[][] theirs, double step, _) = Compare(QuantModels.Build(name), new HashSet<string>());
        AssertClose(ours, theirs, step);
    }

    /// <summary>Pairs of int16, in whole models and around one node; with finer steps both come nearer to each other.</summary>
    [Theory]
    [InlineData("residual", "all")]
    [InlineData("mobile", "all")]
    [InlineData("inception", "all")]
    [InlineData("inception", "join")]
    [InlineData("mobile", "deep0")]
    public void SixteenBitsAreWrittenToo(string name, string words)
    {
        (double[][] ours, double[][] theirs, double step, _) = Compare(QuantModels.Build(name), new HashSet<string>(), words);
        AssertClose(ours, theirs, words == QuantizeOptions.All ? step / 10 : step);
        using FileStream file = File.OpenRead(Path.Combine(_folder.FullName, $"{name}.onnx"));
        ModelProto model = ModelProto.Parser.ParseFrom(file);
        Assert.Equal(21, model.OpsetImport[0].Version);
        Assert.Contains(model.Graph.Initializer, i => i.DataType == Int16);
    }

    [Theory]
    [InlineData("residual", "b")]
    [InlineData("inception", "join")]
    [InlineData("mobile", "deep0")]
    public void NodesInFloat32StayOutsideThePairs(string name, string kept)
    {
        (double[][] ours, double[][] theirs, double step, QuantizationOutcome outcome) = Compare(QuantModels.Build(name), new HashSet<string> { kept });
        Assert.Contains(outcome.Kept, k => k.Node.Contains($"'{kept}'", StringComparison.Ordinal));
        AssertClose(ours, theirs, step);
    }

    /// <summary>Operators of which the converter writes other ONNX nodes than it read.</summary>
    [Fact]
    public void OtherOperatorsAreWrittenToo()
    {
        var graph = new Graph("others");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 4, 8, 8)));
        Value w = graph.AddConstant("w", QuantModels.Normal(new Shape(8, 4, 1, 1), 1, 0.4));
        Value y = graph.Add("conv", new Conv { Strides = [1, 1], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [x, w]);
        y = graph.Add("shuffle", new ChannelShuffle { Groups = 2 }, [y]);
        y = graph.Add("silu", new Unary("Silu"), [y]);
        y = graph.Add("pad", new Pad { Pads = [0, 0, 1, 1, 0, 0, 0, 2] }, [y]);
        y = graph.Add("slice", new Slice { Starts = [1], Ends = [9], Axes = [2], Steps = [2] }, [y]);
        Value[] halves = [.. graph.AddNode("split", new Split { Axis = 1, Sizes = [3, 5] }, [y], ["left", "right"]).Outputs];
        y = graph.Add("product", new Binary("Mul"), [halves[1], graph.Add("mean", new Reduce("Mean") { Axes = [2, 3], KeepDims = true }, [halves[1]])]);
        y = graph.Add("elu", new Unary("Elu") { Alpha = 0.7f }, [y]);
        y = graph.Add("wide", new Resize { Rule = new() { Coordinates = Edge.Kernels.Resize.CoordinateMode.Asymmetric, Nearest = Edge.Kernels.Resize.NearestMode.Floor } }, [y, null, graph.AddConstant("scales", Tensor.FromVector(1f, 1f, 2f, 2f))]);
        y = graph.Add("turned", new Transpose { Permutation = [0, 2, 3, 1] }, [y]);
        graph.AddOutput(graph.Add("softmax", new Softmax { Axis = 3 }, [y]));
        (double[][] ours, double[][] theirs, _, _) = Compare(graph, new HashSet<string>());
        AssertClose(ours, theirs, 0.02);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Ours, those of ONNX Runtime for the same samples, and the step of the integers of the output.</summary>
    private (double[][] Ours, double[][] Theirs, double Step, QuantizationOutcome Outcome) Compare(Graph graph, IReadOnlySet<string> keep, params string[] words)
    {
        IReadOnlyList<Tensor[]> calibration = QuantModels.Samples(graph);
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 8, 400);
        var options = new QuantizeOptions { ReadSamples = _ => calibration, Keep = keep, Words = words.ToHashSet(), EmitPairs = true };
        (Graph quantized, QuantizationOutcome outcome) = Quantizer.Run(graph, options, calibration, null);
        string path = Path.Combine(_folder.FullName, $"{graph.Name}.onnx");
        OnnxFile.Write(outcome.Pairs!, path);
        using var session = new InferenceSession(quantized, new SessionOptions { Threads = 1 });
        using var peer = new OrtSession(path, 1, optimize: false);
        double[][] ours = [.. samples.Select(s => session.Run(s)[0].ToDouble())];
        double[][] theirs = [.. samples.Select(s => peer.Run(s)[0].ToDouble())];
        // Its own integer kernels may saturate (vpmaddubsw): here it only has to accept the model.
        using var optimized = new OrtSession(path, 1);
        Assert.Equal(theirs[0].Length, optimized.Run(samples[0])[0].Count);
        double step = outcome.Ranges.FirstOrDefault(r => r.Value == graph.Outputs[0].Name).Scale;
        return (ours, theirs, step, outcome);
    }

    /// <summary>Equal but for ties, which move a result by a step or two, and seldom.</summary>
    private static void AssertClose(double[][] ours, double[][] theirs, double step)
    {
        (double A, double B)[] pairs = [.. ours.SelectMany(v => v).Zip(theirs.SelectMany(v => v))];
        double noise = pairs.Sum(p => (p.A - p.B) * (p.A - p.B));
        double snr = 10 * Math.Log10(pairs.Sum(p => p.A * p.A) / Math.Max(noise, 1e-30));
        Assert.True(snr > 38, $"{snr:F1} dB");
        Assert.All(pairs, p => Assert.True(Math.Abs(p.A - p.B) <= 2.01 * step, $"{p.A} {p.B}, step {step}"));
    }
}
