using Edge.Convert.Cli;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Convert.Tests.Quantize;

public class RightAnswersTests
{
    /// <summary>Targets that float32 misses by a known distance: what counts is what quantization adds to its error.</summary>
    [Fact]
    public void TheBudgetBoundsWhatIsAddedToTheErrorOfFloat32()
    {
        Graph graph = QuantModels.Build("signal");
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        var noise = new OutputNoise(graph, samples);
        using var session = new Edge.Runtime.Execution.InferenceSession(graph);
        float[][] targets = [.. samples.Select(s => session.Run(s)[0].ToArray<float>().Select(v => v + 1).ToArray())];
        Assert.Equal(1, noise.MeanSquaredError(null, targets), 1e-5);
        (Graph quantized, QuantizationOutcome outcome) = Quantizer.Run(
            graph, new QuantizeOptions { ReadSamples = _ => samples, ReadTargets = (_, _) => targets, Budget = new Budget("mse", 100) }, samples, null);
        BudgetOutcome budget = outcome.Budget!;
        Assert.Equal(1, budget.Targets!.Float32, 1e-5);
        Assert.Equal(budget.Targets.Int8 - budget.Targets.Float32, budget.Final, 1e-9);
        using var rounded = new Edge.Runtime.Execution.InferenceSession(quantized);
        double error = samples.Select((s, i) => rounded.Run(s)[0].ToArray<float>().Zip(targets[i], (a, t) => Math.Pow((double)a - t, 2)).Average()).Average();
        Assert.Equal(error, budget.Targets.Int8, 1e-6);
        Assert.Contains("more mean squared error", budget.Describe(budget.Plain), StringComparison.Ordinal);
    }

    [Fact]
    public void SamplesOfUnknownClassDoNotCount()
    {
        int[] before = [0, 1, 2, 1];
        int[] after = [0, 1, 1, 1];
        Assert.Equal(0, BudgetMetric.Lost("top1", before, after, [0, 1, -1, 1]));
        Assert.Equal(50, BudgetMetric.Lost("top1", before, after, [0, -1, 2, -1]));
        Assert.Equal(50, BudgetMetric.Lost("f1", before, after, [0, -1, 2, -1]));
    }

    [Theory]
    [InlineData("N S V F Q", AnnotationCode.LeftBundleBranchBlock, 0)]
    [InlineData("N S V F Q", AnnotationCode.AtrialPremature, 1)]
    [InlineData("Q V N", AnnotationCode.PrematureVentricular, 1)]
    [InlineData("Q V N", AnnotationCode.Fusion, -1)]
    [InlineData("N A V L R", AnnotationCode.LeftBundleBranchBlock, 3)]
    [InlineData("N A V L R", AnnotationCode.Normal, 0)]
    [InlineData("N A V L R", AnnotationCode.Fusion, -1)]
    [InlineData("N S V F Q", AnnotationCode.RhythmChange, -1)]
    public void LabelsAreGroupsOrSymbols(string labels, AnnotationCode beat, int expected) => Assert.Equal(expected, BeatLabels.Of(labels.Split(' '))!.ClassOf(beat));

    [Theory]
    [InlineData("")]
    [InlineData("normal abnormal")]
    [InlineData("N N")]
    [InlineData("N +")]
    public void OtherLabelsFollowNoRule(string labels) => Assert.Null(BeatLabels.Of(labels.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public void TargetsThatDoNotFitAreRefused()
    {
        string path = Path.Combine(Path.GetTempPath(), $"targets-{Guid.NewGuid():N}.npy");
        var output = new TensorInfo(DataType.F32, new Shape(1, 2));
        try
        {
            Edge.Runtime.Format.NpyFile.Write(path, Tensor.From<float>(new Shape(3, 2), [1, 2, 3, 4, 5, 6]));
            Assert.Equal([[1, 2], [3, 4], [5, 6]], TargetFile.Read(path, 3, output));
            Assert.Contains("expected numbers of shape", Assert.Throws<EdgeException>(() => TargetFile.Read(path, 4, output)).Message, StringComparison.Ordinal);
            Assert.Throws<EdgeException>(() => TargetFile.Read(path, 3, new TensorInfo(DataType.F32, new Shape(1, 3))));
            Edge.Runtime.Format.NpyFile.Write(path, Tensor.From<float>(new Shape(3, 2), [1, 2, 3, float.NaN, 5, 6]));
            Assert.Contains("element 1 of sample 1", Assert.Throws<EdgeException>(() => TargetFile.Read(path, 3, output)).Message, StringComparison.Ordinal);
            Edge.Runtime.Format.NpyFile.Write(path, Tensor.From<float>(new Shape(3), [1, 2, 3]));
            Assert.Equal([[1], [2], [3]], TargetFile.Read(path, 3, new TensorInfo(DataType.F32, new Shape(1, 1))));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
