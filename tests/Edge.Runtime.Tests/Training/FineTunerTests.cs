using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Training;
using Edge.Testing;

namespace Edge.Runtime.Tests.Training;

public class FineTunerTests
{
    private static readonly TrainerOptions Options = new() { Epochs = 30, BatchSize = 16, Optimizer = new OptimizerOptions { Rate = 0.02f }, Seed = 3 };

    [Theory]
    [InlineData("last:1")]
    [InlineData("head")]
    [InlineData("all")]
    public void LearnsSectors(string layers)
    {
        FineTuneResult result = Tune(SmallModel.Create(), SmallModel.Samples(300), new FineTuneOptions { Layers = layers, Trainer = Options });
        Assert.True(result.Accepted, result.Reason);
        Assert.InRange(result.After!.Accuracy, 0.9, 1);
        Assert.True(result.Epochs[^1].Loss < result.Epochs[0].Loss);
        Assert.Equal(layers == "all" ? 4 : 2, result.Weights.Count);
    }

    [Fact]
    public void ANewHeadHasTheNewClasses()
    {
        FineTuneResult result = Tune(SmallModel.Create(), SmallModel.Samples(400, 5), new FineTuneOptions { Labels = ["a", "b", "c", "d", "e"], Trainer = Options });
        Assert.True(result.Accepted, result.Reason);
        Assert.Equal(new Shape(1, 5), result.Model.Graph.Outputs[0].Info.KnownShape);
        Assert.Equal(["a", "b", "c", "d", "e"], result.Model.Labels);
        Assert.InRange(result.After!.Accuracy, 0.85, 1);
    }

    [Fact]
    public void EqualSeedsGiveEqualWeightsToTheBitWhateverTheThreads()
    {
        float[] Train(int threads) => Tune(SmallModel.Create(), SmallModel.Samples(100), new FineTuneOptions { Layers = "all", Trainer = Options with { Threads = threads, Epochs = 3 } }).Weights["w1"].ToArray<float>();
        Assert.Equal(Train(1), Train(1));
        Assert.Equal(Train(1), Train(2));
        float[] other = Tune(SmallModel.Create(), SmallModel.Samples(100), new FineTuneOptions { Layers = "all", Trainer = Options with { Epochs = 3, Seed = 4 } }).Weights["w1"].ToArray<float>();
        Assert.NotEqual(Train(1), other);
    }

    [Fact]
    public void PartsOfAMiniBatchAddUpToIt()
    {
        float[] Train(int micro) => Tune(
            SmallModel.Create(), SmallModel.Samples(90), new FineTuneOptions { Layers = "all", Holdout = 0, Trainer = Options with { Epochs = 2, MicroBatch = micro } }).Weights["w1"].ToArray<float>();
        float[] whole = Train(16);
        foreach (int micro in new[] { 1, 5 })
        {
            float[] parts = Train(micro);
            for (int i = 0; i < whole.Length; i++)
            {
                Assert.Equal(whole[i], parts[i], 1e-4f);
            }
        }
    }

    [Fact]
    public void LittleMemoryMakesSmallParts()
    {
        ModelFile model = SmallModel.Create(hidden: 256);
        var options = new FineTuneOptions { Layers = "all", Trainer = Options with { BatchSize = 64 } };
        FineTuner free = FineTuner.Plan(model, options, 300);
        FineTuner bound = FineTuner.Plan(model, options with { MaxBytes = free.PlannedBytes / 2 }, 300);
        Assert.Equal(64, free.MicroBatch);
        Assert.InRange(bound.MicroBatch, 1, 63);
        Assert.InRange(bound.PlannedBytes, 1, free.PlannedBytes / 2);
        EdgeException exception = Assert.Throws<EdgeException>(() => FineTuner.Plan(model, options with { MaxBytes = 1000 }, 300));
        Assert.Equal(EdgeError.OutOfMemory, exception.Error);
    }

    [Fact]
    public void RecomputingGivesTheSameBitsInLessMemory()
    {
        ModelFile model = BeatNetwork.Create(1);
        Tensor values = RandomTensor.F32(new Shape(24, 250), 1);
        var samples = new MemorySamples(values, [.. Enumerable.Range(0, 24).Select(i => i % 5)]);
        float[] Train(bool recompute, out long bytes)
        {
            var options = new TrainerOptions { Epochs = 2, BatchSize = 8, Recompute = recompute };
            Value[] weights = [.. TrainableLayer.Find(model.Graph).SelectMany(l => l.Weights)];
            using var trainer = new Trainer(model.Graph, weights, options);
            bytes = trainer.Session.Plan.ArenaBytes;
            trainer.Train(samples, null);
            return trainer.Weights()[weights[0]].ToArray<float>();
        }
        float[] kept = Train(false, out long much);
        float[] again = Train(true, out long little);
        Assert.Equal(kept, again);
        Assert.True(little < much, $"{little} bytes with recomputation, {much} without");
    }

    [Fact]
    public void OneClassIsRefused()
    {
        Tensor values = SmallModel.Samples(20).ToTensor();
        AssertRefused(EdgeError.BadTrainingData, new MemorySamples(values, new int[20]));
    }

    [Fact]
    public void NoSamplesAreRefused() => AssertRefused(EdgeError.BadTrainingData, new MemorySamples(Tensor.Allocate(DataType.F32, new Shape(0, 2)), []));

    [Fact]
    public void LabelsBeyondTheModelAreRefused() => AssertRefused(EdgeError.BadTrainingData, SmallModel.Samples(50, classes: 7));

    [Fact]
    public void ALossThatIsNoNumberIsRefused()
    {
        Tensor values = SmallModel.Samples(60).ToTensor();
        values.Span<float>()[7] = float.NaN;
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 3)];
        AssertRefused(EdgeError.TrainingDiverged, new MemorySamples(values, labels), "all");
    }

    [Fact]
    public void AWorseCandidateIsRefusedAndTheModelStays()
    {
        FineTuneResult good = Tune(SmallModel.Create(), SmallModel.Samples(300), new FineTuneOptions { Layers = "all", Trainer = Options });
        // Random labels to learn from, right ones to be judged by: replay brings a good model down.
        ModelFile model = good.Model;
        FineTuneResult bad = Tune(model, SmallModel.Samples(300, seed: 9), new FineTuneOptions { Layers = "all", Trainer = Options with { Epochs = 1, Optimizer = new OptimizerOptions { Kind = OptimizerKind.Sgd, Rate = 300 } } });
        Assert.False(bad.Accepted);
        Assert.Contains("before", bad.Reason, StringComparison.Ordinal);
        Assert.Same(model, bad.Model);
        Assert.Empty(bad.Weights);
    }

    [Fact]
    public void WithoutEvidenceNothingChangesWhereThatIsAsked()
    {
        FineTuneResult good = Tune(SmallModel.Create(), SmallModel.Samples(300), new FineTuneOptions { Layers = "all", Trainer = Options with { Epochs = 200 } });
        var options = new FineTuneOptions { MustImprove = true, Trainer = Options with { Epochs = 1, Optimizer = new OptimizerOptions { Rate = 1e-6f } } };
        FineTuneResult again = Tune(good.Model, SmallModel.Samples(100, seed: 12), options);
        Assert.False(again.Accepted);
        Assert.Contains("nothing says that it is better", again.Reason, StringComparison.Ordinal);
        Assert.True(Tune(good.Model, SmallModel.Samples(100, seed: 12), options with { MustImprove = false }).Accepted);
    }

    [Fact]
    public void ReplayKeepsWhatIsKnown()
    {
        ModelFile model = Tune(SmallModel.Create(), SmallModel.Samples(300), new FineTuneOptions { Layers = "all", Trainer = Options }).Model;
        MemorySamples old = SmallModel.Samples(150, seed: 8);
        (SampleSubset two, _) = SampleSubset.Split(SmallModel.Samples(200, seed: 6), 0, 1);
        int[] ofTwoClasses = [.. Enumerable.Range(0, two.Count).Where(i => two.Label(i) != 2)];
        var samples = new SampleSubset(two, ofTwoClasses);
        var options = new FineTuneOptions { Layers = "all", Trainer = Options with { Epochs = 40 } };
        ModelFile forgot = FineTuner.Plan(model, options, 300).Run(samples).Model;
        ModelFile kept = FineTuner.Plan(model, options, 300).Run(samples, old).Model;
        Assert.True(Accuracy(kept, old) > Accuracy(forgot, old), $"{Accuracy(kept, old)} with replay, {Accuracy(forgot, old)} without");
    }

    [Fact]
    public void UnknownLayersAreNamed()
    {
        EdgeException exception = Assert.Throws<EdgeException>(() => FineTuner.Plan(SmallModel.Create(), new FineTuneOptions { Layers = "tail" }, 10));
        Assert.Equal(EdgeError.BadOption, exception.Error);
        Assert.Contains("hidden, head", exception.Message, StringComparison.Ordinal);
        Assert.Throws<EdgeException>(() => FineTuner.Plan(SmallModel.Create(), new FineTuneOptions { Layers = "last:3" }, 10));
    }

    private static FineTuneResult Tune(ModelFile model, ISampleSet samples, FineTuneOptions options) => FineTuner.Plan(model, options, samples.Count).Run(samples);

    private static void AssertRefused(EdgeError error, ISampleSet samples, string layers = "last:1")
    {
        ModelFile model = SmallModel.Create();
        byte[] before = EdgeWriter.WriteToArray(model);
        Assert.Equal(error, Assert.Throws<EdgeException>(() => Tune(model, samples, new FineTuneOptions { Layers = layers, Trainer = Options with { Epochs = 2 } })).Error);
        Assert.Equal(before, EdgeWriter.WriteToArray(model));
    }

    private static double Accuracy(ModelFile model, ISampleSet samples)
    {
        using var session = new Runtime.Execution.InferenceSession(model.Graph, new Runtime.Execution.SessionOptions { Threads = 1 });
        var input = new float[2];
        var output = new float[model.Labels.Count];
        int right = 0;
        for (int i = 0; i < samples.Count; i++)
        {
            samples.Read(i, input);
            session.Run(input, output);
            right += Array.IndexOf(output, output.Max()) == samples.Label(i) ? 1 : 0;
        }
        return (double)right / samples.Count;
    }
}

internal static class SampleSetExtensions
{
    /// <summary>All samples, (count, floats).</summary>
    public static Tensor ToTensor(this ISampleSet samples)
    {
        Tensor tensor = Tensor.Allocate(DataType.F32, new Shape(samples.Count, samples.SampleFloats));
        for (int i = 0; i < samples.Count; i++)
        {
            samples.Read(i, tensor.Span<float>().Slice(i * samples.SampleFloats, samples.SampleFloats));
        }
        return tensor;
    }
}
