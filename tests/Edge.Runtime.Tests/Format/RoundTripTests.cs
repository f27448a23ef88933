using System.Globalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Tests.Format;

public sealed class RoundTripTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-format").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void EveryFieldSurvives()
    {
        ModelFile model = SampleModels.Full();
        ModelFile read = EdgeReader.Read(EdgeWriter.WriteToArray(model));

        Assert.Equal(model.Labels, read.Labels);
        Assert.Equivalent(model.Image, read.Image, strict: true);
        Assert.Equal(model.Signal, read.Signal);
        Assert.Equal(model.Provenance, read.Provenance);
        Assert.Equivalent(model.Statistics, read.Statistics, strict: true);
        GoldenSample golden = Assert.Single(read.Goldens);
        Assert.Equal(("golden 1", 1e-4f), (golden.Name, golden.Tolerance));
        RequireSame(model.Goldens[0].InputValues(), golden.InputValues());
        RequireSame([.. model.Goldens[0].Outputs.Select(o => o.Values)], [.. golden.Outputs.Select(o => o.Values)]);
    }

    [Fact]
    public void AWindowAroundBeatsSurvives()
    {
        foreach (int? before in new int?[] { null, 0, 99 })
        {
            ModelFile model = SampleModels.Full();
            model = model with { Signal = model.Signal! with { BeforeBeat = before } };
            Assert.Equal(model.Signal, EdgeReader.Read(EdgeWriter.WriteToArray(model)).Signal);
        }
    }

    [Fact]
    public void GraphSurvives()
    {
        Graph graph = SampleModels.Full().Graph;
        Graph read = EdgeReader.Read(EdgeWriter.WriteToArray(SampleModels.Full())).Graph;

        Assert.Equal(graph.Name, read.Name);
        Assert.Equal(graph.Nodes.Select(n => (n.Name, n.Operator.Kind)), read.Nodes.Select(n => (n.Name, n.Operator.Kind)));
        Assert.Equal([2, 0, 1], ((Transpose)EdgeReader.Read(EdgeWriter.WriteToArray(SampleModels.Small())).Graph.Nodes[0].Operator).Permutation);
        Assert.Equal(graph.Values().Select(v => v.ToString()), read.Values().Select(v => v.ToString()));
        Assert.Equivalent(graph.Values().Select(v => v.Info.Quant), read.Values().Select(v => v.Info.Quant), strict: true);
        RequireSame([.. graph.Outputs.Select(v => v.Constant).OfType<Tensor>()], [.. read.Outputs.Select(v => v.Constant).OfType<Tensor>()]);
    }

    [Fact]
    public void MappedModelRunsAfterItsFileWasReplaced()
    {
        string path = Path.Combine(_folder, "m.edge");
        EdgeWriter.Write(SampleModels.Small(), path);
        using var session = EdgeModel.Open(path).CreateSession();
        EdgeWriter.Write(SampleModels.Full(), path);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Tensor input = Tensor.From<float>(new Shape(2, 3, 4), [.. Enumerable.Range(0, 24).Select(i => (float)i)]);
        Tensor[] outputs = session.Run(input);

        Assert.Equal([0, 4, 8, 12, 16, 20], outputs[0].Span<float>()[..6].ToArray());
        Assert.Equal(float.NaN, outputs[1].Span<float>()[2]);
        Assert.Equal([Path.Combine(_folder, "m.edge")], Directory.GetFiles(_folder));
    }

    [Fact]
    public void EqualBytesAreStoredOnce()
    {
        Graph read = EdgeReader.Read(EdgeWriter.WriteToArray(SampleModels.Full())).Graph;
        unsafe
        {
            Assert.True(read.Outputs[2].Constant!.Data == read.Nodes[1].Inputs[0]!.Constant!.Data);
        }
    }

    [Fact]
    public void BytesDoNotDependOnCulture()
    {
        byte[] expected = EdgeWriter.WriteToArray(SampleModels.Full());
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = WithComma();
            Assert.Equal("0,5", 0.5.ToString(CultureInfo.CurrentCulture));
            byte[] actual = EdgeWriter.WriteToArray(SampleModels.Full());
            Assert.Equal(expected, actual);
            Assert.Equal(3, EdgeReader.Read(actual).Labels.Count);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void UnwritableFolderIsReported()
    {
        var error = Assert.Throws<EdgeException>(() => EdgeWriter.Write(SampleModels.Small(), Path.Combine(_folder, "none", "m.edge")));
        Assert.Equal(EdgeError.FileUnwritable, error.Error);
    }

    [Fact]
    public void MissingFileIsReported()
    {
        var error = Assert.Throws<EdgeException>(() => EdgeModel.Open(Path.Combine(_folder, "none.edge")));
        Assert.Equal(EdgeError.FileUnreadable, error.Error);
        Assert.Contains("none.edge", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Named cultures do not exist here (InvariantGlobalization), so one is made by hand.</summary>
    private static CultureInfo WithComma()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "−";
        return culture;
    }

    private static void RequireSame(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual)
    {
        Assert.Equal(expected.Select(t => t.Info.ToString()), actual.Select(t => t.Info.ToString()));
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].ByteSpan().ToArray(), actual[i].ByteSpan().ToArray());
        }
    }
}
