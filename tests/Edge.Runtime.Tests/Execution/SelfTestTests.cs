using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Tests.Format;

namespace Edge.Runtime.Tests.Execution;

/// <summary>Golden samples are computed once per model and device, before results are used.</summary>
public sealed class SelfTestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-self-test").FullName;

    private string Cache => Path.Combine(_folder, "cache");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatPassedIsNotComputedAgain()
    {
        string path = Write("right.edge", wrong: false);
        Assert.Null(Test(path, "first", out int runs));
        Assert.Equal(1, runs);
        Assert.Null(Test(path, "first", out runs));
        Assert.Equal(0, runs);
        Assert.Null(Test(path, "always", out runs));
        Assert.Equal(1, runs);
        Assert.Null(Test(path, "first", out runs, threads: 2));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void WhatFailsIsAnErrorEachTime()
    {
        Test(Write("right.edge", wrong: false), "first", out _);
        string path = Write("wrong.edge", wrong: true);
        for (int i = 0; i < 2; i++)
        {
            EdgeException error = Test(path, "first", out int runs)!;
            Assert.Equal(1, runs);
            Assert.Equal(EdgeError.GoldenMismatch, error.Error);
            Assert.All(["wrong.edge", "'random'", "the processor", "EDGE_SELFTEST=off"], word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        }
        Assert.Null(Test(path, "off", out int none));
        Assert.Equal(0, none);
    }

    [Fact]
    public void WithoutACacheItIsComputedEachTime()
    {
        string path = Write("right.edge", wrong: false);
        EdgeModel model = EdgeModel.Open(path);
        using InferenceSession session = model.CreateSession(new SessionOptions { Threads = 1 });
        session.Profiler = new Profiler(session.Plan, 4);
        Assert.Null(SelfTest.Fails(model, session, path, "first", "none"));
        Assert.Null(SelfTest.Fails(model, session, path, "first", "none"));
        Assert.Equal(2, session.Profiler.Runs);
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public void AnotherWordIsRefused() => Assert.Equal(EdgeError.BadOption, Test(Write("right.edge", wrong: false), "sometimes", out _)!.Error);

    private EdgeException? Test(string path, string mode, out int runs, int threads = 1)
    {
        EdgeModel model = EdgeModel.Open(path);
        using InferenceSession session = model.CreateSession(new SessionOptions { Threads = threads });
        session.Profiler = new Profiler(session.Plan, 4);
        EdgeException? error = SelfTest.Fails(model, session, path, mode, Cache);
        runs = session.Profiler.Runs;
        return error;
    }

    private string Write(string name, bool wrong)
    {
        ModelFile model = SampleModels.Network();
        GoldenSample golden = model.Goldens[0];
        Tensor output = golden.Outputs[0].Values.Clone();
        output.Span<float>()[0] += wrong ? 1 : 0;
        string path = Path.Combine(_folder, name);
        EdgeWriter.Write(model with { Goldens = [golden with { Outputs = [GoldenOutput.Of(output, isExact: false)] }] }, path);
        return path;
    }
}
