using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Testing;

namespace Edge.Conformance.Tests;

/// <summary>Tests that measure the process and must not share it with others.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;

/// <summary>Memory of real networks: arena size, and nothing allocated per run.</summary>
[Collection(nameof(Alone))]
public class ArenaTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => ["resnet50", "mobilenet_v2", "googlenet", "ecg_resnet34"];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheArenaIsWithinTenPercentOfTheLiveTensors(string name)
    {
        Graph graph = Load(name);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        output.WriteLine(FormattableString.Invariant($"{name}: arena {session.Plan.ArenaBytes} bytes, largest sum of live tensors {session.Plan.LiveBytes} bytes"));
        Assert.InRange(session.Plan.ArenaBytes, session.Plan.LiveBytes, session.Plan.LiveBytes * 1.1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ARunAllocatesNothing(string name)
    {
        Graph graph = Load(name);
        foreach (int threads in new[] { 1, 2 })
        {
            using var session = new InferenceSession(graph, new SessionOptions { Threads = threads });
            var input = new float[graph.Inputs[0].Info.KnownShape.Count];
            var result = new float[graph.Outputs[0].Info.KnownShape.Count];
            session.Run(input, result);
            Assert.Equal(0, Allocated.Anywhere(() => session.Run(input, result)));
        }
    }

    private static Graph Load(string name)
    {
        string path = Path.Combine(RepositoryPaths.Zoo ?? "", $"{name}.onnx");
        Assert.SkipUnless(File.Exists(path), "no exported architectures: run tools/zoo/export.py artifacts/zoo, or set EDGE_ZOO");
        Graph graph = OnnxImporter.Import(path, new ImportOptions()).Graph;
        PassPipeline.Default.Run(graph);
        return graph;
    }
}
