using System.Diagnostics;
using Edge.Convert.Onnx;
using Edge.Runtime.Diagnostics;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Convert.Tests;

/// <summary>Every bad file is refused with its own reason, at once and in little memory.</summary>
public sealed class MalformedOnnxTests : IDisposable
{
    private const long ManagedLimit = 128 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("edge-onnx").FullName;

    public static TheoryData<string> Names => [.. MalformedModels.All.Select(m => m.Name)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void IsRefusedWithItsReason(string name)
    {
        MalformedModel model = Assert.Single(MalformedModels.All, m => m.Name == name);
        string path = model.Write(_folder);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();

        EdgeException[] problems = Problems(path);

        EdgeException problem = problems[0];
        Assert.True(problems.Length == 1, string.Join(Environment.NewLine, problems.Select(p => p.Message)));
        Assert.Equal(model.Error, problem.Error);
        Assert.All(model.Words, word => Assert.Contains(word, problem.Message, StringComparison.Ordinal));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < ManagedLimit, "memory");
    }

    [Fact]
    public void AllProblemsAreReportedAtOnce()
    {
        string path = OnnxModels.Model(
            OnnxModels.Node("Frobnicate", ["x"], "a"),
            OnnxModels.Node("Relu", ["a"], "b"),
            OnnxModels.Node("Concat", ["x", "x"], "c"),
            OnnxModels.Node("Abs", ["lost"], "d"),
            OnnxModels.Node("Add", ["b", "c"], "y")).Write(_folder);
        EdgeError[] errors = [.. Problems(path).Select(p => p.Error).Order()];
        Assert.Equal([EdgeError.OnnxInvalidGraph, EdgeError.UnsupportedOperator, EdgeError.MissingAttribute], errors);
    }

    [Fact]
    public void EveryTruncationIsRefusedOrReported()
    {
        byte[] bytes = Google.Protobuf.MessageExtensions.ToByteArray(OnnxModels.Model(OnnxModels.Node("Relu", ["x"], "y")).With(OnnxModels.Zeros("w", 8)));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.NotEmpty(Problems(OnnxModels.Write(bytes[..length], _folder)));
        }
    }

    [Fact]
    public void MutatedFilesGiveProblemsOrAGraph()
    {
        byte[] good = Google.Protobuf.MessageExtensions.ToByteArray(OnnxModels.Model(
            OnnxModels.Node("Conv", ["x", "w"], "c", OnnxModels.Ints("pads", 1, 1, 1, 1), OnnxModels.Ints("strides", 2, 2)),
            OnnxModels.Node("MaxPool", ["c"], "p", OnnxModels.Ints("kernel_shape", 2, 2)),
            OnnxModels.Node("Transpose", ["p"], "t", OnnxModels.Ints("perm", 0, 2, 3, 1)),
            OnnxModels.Node("Reshape", ["t", "s"], "r"),
            OnnxModels.Node("Softmax", ["r"], "y", OnnxModels.Int("axis", -1))).With(OnnxModels.Zeros("w", 2, 3, 3, 3), OnnxModels.Longs("s", 1, -1)));
        Assert.Empty(Problems(OnnxModels.Write(good, _folder)));
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. good];
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(4) * 0x55 : random.Next(256));
            }
            Exception? unexpected = Record.Exception(() => Problems(OnnxModels.Write(bytes, _folder)));
            Assert.True(unexpected is null, $"mutation {i}: {unexpected}");
        }
    }

    [Fact]
    public void NewerOperatorSetIsAWarning()
    {
        string path = OnnxModels.Model(OnnxModels.Node("Relu", ["x"], "y")).Changed(m => m.OpsetImport[0].Version = 99).Write(_folder);
        ImportResult result = OnnxImporter.Import(path, new ImportOptions());
        Assert.Contains("99", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void NodesInReverseOrderAreSortedInLinearTime()
    {
        const int count = 20_000;
        string path = OnnxModels.Model([.. Enumerable.Range(0, count).Reverse().Select(i =>
            OnnxModels.Node("Relu", [i == 0 ? "x" : $"v{i}"], i == count - 1 ? "y" : $"v{i + 1}"))]).Write(_folder);
        var watch = Stopwatch.StartNew();
        Assert.Equal(count, OnnxImporter.Import(path, new ImportOptions()).Graph.Nodes.Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [Fact]
    public void NodesThatAreReadyKeepTheOrderOfTheFile()
    {
        string path = OnnxModels.Model(
            OnnxModels.Node("Add", ["a", "b"], "y"), OnnxModels.Node("Relu", ["x"], "a"), OnnxModels.Node("Abs", ["x"], "b"), OnnxModels.Node("Neg", ["x"], "c")).Write(_folder);
        Assert.Equal(["relu_a", "abs_b", "add_y", "neg_c"], OnnxImporter.Import(path, new ImportOptions()).Graph.Nodes.Select(n => n.Name));
    }

    [Fact]
    public void ExternalDataBehindALinkInsideTheFolderIsRead()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "blobs"));
        File.WriteAllBytes(Path.Combine(_folder, "blobs", "a1"), new byte[16]);
        File.CreateSymbolicLink(Path.Combine(_folder, "w.bin"), "blobs/a1");
        string path = OnnxModels.Model([OnnxModels.Input("x", OnnxModels.F32, 4)], OnnxModels.Node("Add", ["x", "w"], "y")).With(OnnxModels.External(("location", "w.bin"))).Write(_folder);
        Assert.Empty(Problems(path));
    }

    private static EdgeException[] Problems(string path)
    {
        try
        {
            OnnxImporter.Import(path, new ImportOptions());
            return [];
        }
        catch (EdgeException exception)
        {
            return [exception];
        }
        catch (ConversionException exception)
        {
            return [.. exception.Problems];
        }
    }
}
