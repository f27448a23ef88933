using System.Text.Json;
using Edge.Kernels.Losses;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;
using Edge.Testing;

namespace Edge.Runtime.Tests.Training;

/// <summary>Gradients, optimizers and losses against what PyTorch computed (<c>tools/zoo/training_fixtures.py</c>).</summary>
public class PyTorchTests
{
    [Theory]
    [InlineData("lenet5")]
    [InlineData("resnet18")]
    [InlineData("se_resnet")]
    [InlineData("googlenet")]
    [InlineData("ecg")]
    public void Gradients(string name)
    {
        JsonElement fixture = Read($"gradients_{name}");
        int seed = fixture.GetProperty("seed").GetInt32();
        var net = new NetworkRecorder(seed);
        int[] dims = NetworkRecorder.InputDims(name);
        Value input = net.Graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(dims)));
        Value logits = NetworkRecorder.Build(net, name, input);
        (Tensor targets, Tensor weights) = Encode(dims[0], logits.Info.KnownShape[1]);
        Value loss = net.Graph.Add("loss", new Loss(), [logits, net.Graph.AddConstant("t", targets), net.Graph.AddConstant("w", weights)]);
        net.Graph.AddOutput(logits);
        net.Graph.AddOutput(loss);
        foreach (Value gradient in GradientBuilder.AddGradients(net.Graph, loss, net.Parameters))
        {
            net.Graph.AddOutput(gradient);
        }
        GraphValidator.Validate(net.Graph);
        using var session = new InferenceSession(net.Graph, new SessionOptions { Threads = 2 });
        Tensor[] outputs = session.Run(Tensor.From<float>(input.Info.KnownShape, NetworkRecorder.Uniform((int)input.Info.KnownShape.Count, (ulong)seed)));
        Assert.Equal(fixture.GetProperty("loss").GetDouble(), outputs[1].ToDouble()[0], 1e-4);
        JsonElement[] expected = [.. fixture.GetProperty("gradients").EnumerateArray()];
        Assert.Equal(expected.Length, net.Parameters.Count);
        // Biases before a batch normalization have the gradient 0 but for rounding: of no tensor less than a hundredth of the largest norm counts.
        double floor = 1e-2 * expected.Max(e => e.GetProperty("norm").GetDouble());
        for (int i = 0; i < expected.Length; i++)
        {
            Compare($"{name}: {net.Parameters[i].Name} {net.Parameters[i].Info}", outputs[2 + i].ToDouble(), expected[i], floor);
        }
    }

    [Theory]
    [InlineData("sgd", OptimizerKind.Sgd, 0.05f, 0.01f)]
    [InlineData("momentum", OptimizerKind.Momentum, 0.02f, 0f)]
    [InlineData("nesterov", OptimizerKind.Nesterov, 0.02f, 0.01f)]
    [InlineData("rmsprop", OptimizerKind.RmsProp, 0.01f, 0f)]
    [InlineData("adam", OptimizerKind.Adam, 0.01f, 0.01f)]
    [InlineData("adamw", OptimizerKind.AdamW, 0.01f, 0.1f)]
    public void Optimizers(string name, OptimizerKind kind, float rate, float decay)
    {
        JsonElement expected = Read("optimizers").EnumerateArray().First(e => e.GetProperty("name").GetString() == name).GetProperty("weights");
        float[] w = NetworkRecorder.Uniform(37, 1);
        float[] a = [.. NetworkRecorder.Uniform(37, 2).Select(v => MathF.Abs(v) + 0.1f)];
        float[] b = NetworkRecorder.Uniform(37, 3);
        var optimizer = new Optimizer(new OptimizerOptions { Kind = kind, Rate = rate, L2 = decay }, [37]);
        for (int step = 0; step < 100; step++)
        {
            float factor = (float)(1 + (0.5 * Math.Sin(step)));
            float[] gradients = [.. w.Select((v, i) => 2 * a[i] * (v - b[i]) * factor)];
            optimizer.BeginStep();
            optimizer.Update(0, w, gradients, rate);
        }
        double[] torch = [.. expected.EnumerateArray().Select(v => v.GetDouble())];
        double largest = torch.Max(Math.Abs);
        for (int i = 0; i < w.Length; i++)
        {
            Assert.True(Math.Abs(w[i] - torch[i]) <= 1e-5 * largest, $"{name}: weight {i} is {w[i]:R}, PyTorch has {torch[i]:R}");
        }
    }

    [Theory]
    [InlineData("cross_entropy", LossKind.CrossEntropy, 0f, false)]
    [InlineData("cross_entropy_smooth", LossKind.CrossEntropy, 0.1f, false)]
    [InlineData("cross_entropy_weighted", LossKind.CrossEntropy, 0f, true)]
    [InlineData("cross_entropy_both", LossKind.CrossEntropy, 0.2f, true)]
    [InlineData("binary_cross_entropy", LossKind.BinaryCrossEntropy, 0f, false)]
    [InlineData("squared_error", LossKind.SquaredError, 0f, false)]
    public void Losses(string name, LossKind kind, float smoothing, bool weighted)
    {
        JsonElement expected = Read("losses").EnumerateArray().First(e => e.GetProperty("name").GetString() == name);
        int[] labels = [0, 3, 1, 4, 4, 2];
        var loss = new TrainingLoss(kind)
        {
            LabelSmoothing = smoothing,
            ClassWeights = weighted ? [.. NetworkRecorder.Uniform(5, 5).Select(v => MathF.Abs(v) + 0.2f)] : [],
        };
        var shape = new Shape(6, 5);
        Tensor targets = Tensor.Allocate(DataType.F32, shape);
        Tensor weights = Tensor.Allocate(DataType.F32, shape);
        loss.Encode(labels, 5, loss.Normalizer(labels), targets.Span<float>(), weights.Span<float>());
        var graph = new Graph("loss");
        Value x = graph.AddVariable("x", Tensor.From<float>(shape, [.. NetworkRecorder.Uniform(30, 4).Select(v => v * 3)]));
        Value value = graph.Add("loss", new Loss { Formula = kind }, [x, graph.AddConstant("t", targets), graph.AddConstant("w", weights)]);
        graph.AddOutput(value);
        graph.AddOutput(GradientBuilder.AddGradients(graph, value, [x])[0]);
        using var session = new InferenceSession(graph);
        Tensor[] outputs = session.Run([]);
        Assert.Equal(expected.GetProperty("loss").GetDouble(), outputs[0].ToDouble()[0], 1e-5);
        double[] torch = [.. expected.GetProperty("gradient").EnumerateArray().Select(v => v.GetDouble())];
        double[] gradient = outputs[1].ToDouble();
        for (int i = 0; i < torch.Length; i++)
        {
            Assert.Equal(torch[i], gradient[i], 1e-6);
        }
    }

    private static (Tensor Targets, Tensor Weights) Encode(int batch, int classes)
    {
        var shape = new Shape(batch, classes);
        Tensor targets = Tensor.Allocate(DataType.F32, shape);
        Tensor weights = Tensor.Allocate(DataType.F32, shape);
        int[] labels = [.. Enumerable.Range(0, batch).Select(i => i * 3 % classes)];
        new TrainingLoss().Encode(labels, classes, batch, targets.Span<float>(), weights.Span<float>());
        return (targets, weights);
    }

    private static void Compare(string what, double[] gradient, JsonElement expected, double floor)
    {
        Assert.Equal(expected.GetProperty("count").GetInt32(), gradient.Length);
        double norm = expected.GetProperty("norm").GetDouble();
        double scale = Math.Max(norm, floor);
        double actual = Math.Sqrt(gradient.Sum(v => v * v));
        Assert.True(Math.Abs(actual - norm) <= 1e-4 * scale, $"{what}: the norm is {actual:R}, PyTorch has {norm:R}");
        int step = expected.GetProperty("step").GetInt32();
        int at = 0;
        foreach (JsonElement sample in expected.GetProperty("samples").EnumerateArray())
        {
            double torch = sample.GetDouble();
            Assert.True(Math.Abs(gradient[at] - torch) <= 1e-4 * scale, $"{what}[{at}]: {gradient[at]:R}, PyTorch has {torch:R}, the norm is {norm:R}");
            at += step;
        }
    }

    private static JsonElement Read(string name)
    {
        string path = Path.Combine(RepositoryPaths.Root, "tests", "Edge.Runtime.Tests", "Training", "fixtures", $"{name}.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.Clone();
    }
}
