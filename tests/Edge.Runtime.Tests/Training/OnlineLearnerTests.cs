using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Training;

namespace Edge.Runtime.Tests.Training;

public class OnlineLearnerTests
{
    private static readonly OnlineLearnerOptions Options = new()
    {
        Trainer = new TrainerOptions { BatchSize = 16, Optimizer = new OptimizerOptions { Rate = 0.02f } },
        SamplesPerClass = 40,
    };

    [Fact]
    public void LearnsInStepsAndCommits()
    {
        using var learner = new OnlineLearner(SmallModel.Create(), Options);
        Add(learner, 200);
        double before = learner.Evaluate().Accuracy;
        for (int i = 0; i < 400; i++)
        {
            Assert.True(learner.Step(TimeSpan.Zero) == 1);
        }
        Assert.True(learner.TryCommit(out ModelFile? model, out string reason), reason);
        Assert.True(learner.Evaluate().Accuracy > before);
        Assert.NotNull(model);
        Assert.InRange(learner.Count, 30, 120);
        Assert.True(learner.LongestStep > TimeSpan.Zero);
    }

    [Fact]
    public void RollbackBringsTheCommittedWeightsBack()
    {
        using var learner = new OnlineLearner(SmallModel.Create(), Options);
        Add(learner, 100);
        double loss = learner.Evaluate().Loss;
        learner.Step(TimeSpan.FromMilliseconds(5));
        Assert.NotEqual(loss, learner.Evaluate().Loss);
        learner.Rollback();
        Assert.Equal(loss, learner.Evaluate().Loss);
    }

    [Fact]
    public void AWorseCandidateIsRefused()
    {
        MemorySamples samples = SmallModel.Samples(300);
        var options = new FineTuneOptions { Layers = "all", Trainer = Options.Trainer with { Epochs = 30 } };
        ModelFile good = FineTuner.Plan(SmallModel.Create(), options, samples.Count).Run(samples).Model;
        using var wild = new OnlineLearner(good, Options with { Trainer = Options.Trainer with { Optimizer = new OptimizerOptions { Kind = OptimizerKind.Sgd, Rate = 1000 } } });
        Add(wild, 200);
        double loss = wild.Evaluate().Loss;
        double before = wild.Evaluate().Accuracy;
        wild.Step(TimeSpan.Zero);
        bool isWorse = wild.Evaluate().Accuracy < before;
        Assert.Equal(!isWorse, wild.TryCommit(out ModelFile? model, out string reason));
        Assert.True(isWorse, "the step was meant to be bad");
        Assert.Null(model);
        Assert.Contains("before", reason, StringComparison.Ordinal);
        Assert.Equal(loss, wild.Evaluate().Loss);
        Assert.InRange(before, 0.9, 1);
    }

    [Fact]
    public void NothingIsLearnedFromOneClassOrWhenCancelled()
    {
        using var learner = new OnlineLearner(SmallModel.Create(), Options);
        learner.AddSample([1, 0], 0);
        Assert.Equal(0, learner.Step(TimeSpan.FromSeconds(1)));
        Assert.False(learner.TryCommit(out _, out string reason));
        Assert.Contains("two classes are needed", reason, StringComparison.Ordinal);
        learner.AddSample([-1, 0], 1);
        Assert.Equal(0, learner.Step(TimeSpan.FromSeconds(1), new CancellationToken(canceled: true)));
        Assert.Equal(1, learner.Step(TimeSpan.Zero));
    }

    [Fact]
    public void SamplesThatDoNotFitAreRefused()
    {
        using var learner = new OnlineLearner(SmallModel.Create(), Options);
        Assert.Equal(EdgeError.BadTrainingData, Assert.Throws<EdgeException>(() => learner.AddSample([1], 0)).Error);
        Assert.Equal(EdgeError.BadTrainingData, Assert.Throws<EdgeException>(() => learner.AddSample([1, 2], 3)).Error);
        Assert.Equal(EdgeError.BadTrainingData, Assert.Throws<EdgeException>(() => learner.AddSample([1, float.NaN], 0)).Error);
    }

    private static void Add(OnlineLearner learner, int count)
    {
        MemorySamples samples = SmallModel.Samples(count);
        var input = new float[2];
        for (int i = 0; i < count; i++)
        {
            samples.Read(i, input);
            learner.AddSample(input, samples.Label(i));
        }
    }
}
