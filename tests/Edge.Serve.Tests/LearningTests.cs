using System.Net;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Streaming;
using Edge.Serve.Configuration;
using Edge.Serve.Hosting;

namespace Edge.Serve.Tests;

public class LearningTests
{
    private const int Pixels = 32 * 32;

    [Fact]
    public void BetweenTwoInferencesThereIsOneSampleOrOneStep()
    {
        using var folder = new TemporaryFolder();
        using ModelSlot slot = Slot(folder, out string path);
        using var learner = new StreamLearner(new LearningConfig { StepsPerSample = 2, HoldoutEvery = 4 }, path, slot);
        learner.AfterInference(Pattern(0));
        Assert.StartsWith("0 samples to learn from, 0 to judge by; 2 samples and 0 steps are waiting", learner.Label("3", 2), StringComparison.Ordinal);
        string[] waiting = ["1 samples to learn from, 0 to judge by; 1 samples and 2 steps", "2 samples to learn from, 0 to judge by; 0 samples and 4 steps"];
        foreach (string expected in waiting)
        {
            slot.Follower!.AfterInference(Pattern(0));
            Assert.StartsWith(expected, learner.Summary, StringComparison.Ordinal);
        }
        learner.Label("5", 1);
        learner.AfterInference(Pattern(1));
        foreach (int left in new[] { 5, 4, 3, 2, 1, 0, 0 })
        {
            learner.AfterInference(Pattern(1));
            Assert.Contains($"; 0 samples and {left} steps are waiting", learner.Summary, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatWasLearnedIsPutInUseAndUndone()
    {
        using var folder = new TemporaryFolder();
        using ModelSlot slot = Slot(folder, out string path);
        byte[] before = File.ReadAllBytes(path);
        string first = slot.Current.Hash;
        using var learner = new StreamLearner(new LearningConfig { Rate = 0.01f, HoldoutEvery = 2 }, path, slot);
        Assert.Equal(EdgeError.NotBetter, Assert.Throws<EdgeException>(learner.Commit).Error);
        Assert.Equal(EdgeError.BadTrainingData, Assert.Throws<EdgeException>(() => learner.Label("cat", 1)).Error);
        Teach(learner, 0, "7");
        Teach(learner, 1, "2");
        Assert.Contains("100.00", learner.Commit(), StringComparison.Ordinal);
        Assert.Equal("7", Answer(slot, 0));
        Assert.Equal("2", Answer(slot, 1));
        string hash = learner.Undo();
        Assert.Equal((first, first), (hash, slot.Acquire().Hash));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void AnotherModelIsNotOverwritten()
    {
        using var folder = new TemporaryFolder();
        using ModelSlot slot = Slot(folder, out string path);
        using var learner = new StreamLearner(new LearningConfig { HoldoutEvery = 2 }, path, slot);
        Teach(learner, 0, "7");
        Teach(learner, 1, "2");
        slot.Offer(TestModels.Write(folder.Path("other.edge"), size: 32));
        slot.Acquire();
        Assert.Equal(EdgeError.ModelRefused, Assert.Throws<EdgeException>(learner.Commit).Error);
        Assert.Equal(File.ReadAllBytes(TestSetting.Model), File.ReadAllBytes(path));
    }

    [Fact]
    public void MoreMemoryThanAllowedIsRefused()
    {
        using var folder = new TemporaryFolder();
        using ModelSlot slot = Slot(folder, out string path);
        Assert.Equal(EdgeError.OutOfMemory, Assert.Throws<EdgeException>(() => new StreamLearner(new LearningConfig { SamplesPerClass = 100_000 }, path, slot)).Error);
    }

    [Fact]
    public async Task LabelsComeThroughThePage()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Path("digits.edge");
        File.Copy(TestSetting.Model, path);
        var config = new ServeConfig
        {
            Web = new WebConfig { Listen = $"127.0.0.1:{TestSetting.FreePort()}" },
            Streams = [new StreamConfig { Name = "door", Source = "synthetic://camera", Speed = 0, Model = path, Learning = new LearningConfig() }],
        };
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(config);
        Assert.Equal(HttpStatusCode.OK, await Post(daemon, "door", "{\"label\": \"4\", \"count\": 3}"));
        TestSetting.Eventually(() => daemon.TextAsync("/learn/door").Result.StartsWith("3 samples to learn from", StringComparison.Ordinal), "learning");
        Assert.Equal(HttpStatusCode.OK, await Post(daemon, "door", "{\"label\": \"4\"}"));
        Assert.Equal(HttpStatusCode.OK, await Post(daemon, "door", "{\"do\": \"forget\"}"));
        Assert.Equal(HttpStatusCode.Conflict, await Post(daemon, "door", "{\"do\": \"commit\"}"));
        Assert.Equal(HttpStatusCode.Conflict, await Post(daemon, "door", "{\"label\": \"cat\"}"));
        Assert.Equal(HttpStatusCode.Conflict, await Post(daemon, "door", "{\"label\": \"4\", \"count\": 0}"));
        Assert.Equal(HttpStatusCode.Conflict, await Post(daemon, "window", "{\"label\": \"4\"}"));
        Assert.Equal(HttpStatusCode.BadRequest, await Post(daemon, "door", "{\"lable\": \"4\"}"));
        Assert.Equal(HttpStatusCode.BadRequest, await Post(daemon, "door", "4 please"));
    }

    private static async Task<HttpStatusCode> Post(RunningDaemon daemon, string stream, string body)
    {
        using var content = new StringContent(body);
        return (await daemon.Http.PostAsync($"/learn/{stream}", content)).StatusCode;
    }

    private static ModelSlot Slot(TemporaryFolder folder, out string path)
    {
        path = folder.Path("digits.edge");
        File.Copy(TestSetting.Model, path);
        return new ModelSlot(path, 1, _ => { });
    }

    /// <summary>Labels an input ten times and takes all steps.</summary>
    private static void Teach(StreamLearner learner, int pattern, string label)
    {
        learner.AfterInference(Pattern(pattern));
        learner.Label(label, 10);
        for (int i = 0; i < 10 * 22; i++)
        {
            learner.AfterInference(Pattern(pattern));
        }
    }

    private static string Answer(ModelSlot slot, int pattern)
    {
        ModelInstance instance = slot.Acquire();
        instance.Run(Pattern(pattern));
        float[] scores = instance.Output(0).ToArray();
        return instance.Model.Labels[Array.IndexOf(scores, scores.Max())];
    }

    /// <summary>Vertical or horizontal stripes.</summary>
    private static float[] Pattern(int kind) => [.. Enumerable.Range(0, Pixels).Select(i => (kind == 0 ? i % 32 : i / 32) % 8 < 4 ? 1f : -0.4f)];
}
