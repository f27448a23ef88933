using Edge.Convert.Passes;
using Edge.Convert.Passes.Fuse;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class FuseChannelShuffleTests
{
    [Theory]
    [InlineData(2, new[] { 2, 3, 5, 4 })]
    [InlineData(3, new[] { 3, 2, 5, 4 })]
    [InlineData(2, new[] { 2, 3, 20 })]
    public void AShuffleInWordsIsRecognized(int groups, int[] dims)
    {
        Graph graph = PassCase.Run(g => g.AddOutput(Shuffle(g, g.Input(2, 6, 5, 4), [2, .. dims])), out PassLog log, new FuseChannelShuffle());
        Assert.Equal(groups, Assert.IsType<ChannelShuffle>(graph.Single().Operator).Groups);
        Assert.Equal("Reshape 's.1' + Transpose 's.2' + Reshape 's'", log.Rewrites[0].Text);
    }

    [Theory]
    [InlineData(new[] { 2, 2, 3, 5, 4 }, new[] { 0, 2, 1, 4, 3 })]
    [InlineData(new[] { 2, 6, 5, 2, 2 }, new[] { 0, 2, 1, 3, 4 })]
    [InlineData(new[] { 2, 2, 3, 5, 4 }, new[] { 1, 0, 2, 3, 4 })]
    public void OtherPermutationsAreKept(int[] dims, int[] permutation)
    {
        Graph graph = PassCase.Run(g => g.AddOutput(Shuffle(g, g.Input(2, 6, 5, 4), dims, permutation)), new FuseChannelShuffle());
        Assert.Equal("Reshape Transpose Reshape", graph.Kinds());
    }

    [Fact]
    public void AnotherReaderKeepsTheWords()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value y = Shuffle(g, g.Input(1, 4, 3, 3), [1, 2, 2, 3, 3]);
                g.AddOutput(y);
                g.AddOutput(y.Producer!.Input(0)!);
            },
            new FuseChannelShuffle());
        Assert.Equal("Reshape Transpose Reshape", graph.Kinds());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ConcatAndSlicesAreTakenOver(bool splits)
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value joined = g.Add("c", new Concat { Axis = 1 }, [g.Input("a", [2, 5, 3, 3]), g.Input("b", [2, 7, 3, 3])]);
                Value y = Shuffle(g, joined, [2, 2, 6, 3, 3]);
                Value[] parts = splits
                    ? [.. g.AddNode("p", new Split { Axis = -3, Sizes = [4, 8] }, [y], ["p0", "p1"]).Outputs]
                    : [Slice(g, "p0", y, 0, 4), Slice(g, "p1", y, -8, int.MaxValue)];
                g.AddOutput(g.Unary("r1", "Relu", parts[1]));
                g.AddOutput(g.Unary("r0", "Relu", parts[0]));
                g.AddOutput(parts[0]);
            },
            new FuseChannelShuffle());
        Assert.Equal("ChannelShuffle Relu Relu", graph.Kinds());
        Assert.Equal([4, 8], Assert.IsType<ChannelShuffle>(graph.Nodes[0].Operator).Sizes!);
        Assert.Equal(["a", "b"], graph.Nodes[0].Inputs.Select(i => i!.Name));
    }

    [Theory]
    [InlineData(0, 2, 3, 4, 1)]
    [InlineData(0, 3, 2, 4, 1)]
    [InlineData(0, 2, 2, 4, 2)]
    [InlineData(0, 2, 2, 3, 1)]
    public void SlicesThatOverlapOrLeaveChannelsAreKept(int start, int end, int nextStart, int nextEnd, int axis)
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value y = Shuffle(g, g.Input(1, 4, 4, 3), [1, 2, 2, 4, 3]);
                g.AddOutput(Slice(g, "p0", y, start, end, axis));
                g.AddOutput(Slice(g, "p1", y, nextStart, nextEnd, axis));
            },
            new FuseChannelShuffle());
        Assert.Equal("ChannelShuffle Slice Slice", graph.Kinds());
    }

    [Fact]
    public void AConcatThatIsReadTwiceIsKept()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value joined = g.Add("c", new Concat { Axis = 1 }, [g.Input("a", [1, 2, 3, 3]), g.Input("b", [1, 2, 3, 3])]);
                g.AddOutput(Shuffle(g, joined, [1, 2, 2, 3, 3]));
                g.AddOutput(g.Unary("e", "Exp", joined));
            },
            out PassLog log,
            new FuseChannelShuffle());
        Assert.Equal("Concat ChannelShuffle Exp", graph.Kinds());
        Assert.Contains("'c' is read 2 times", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    private static Value Shuffle(Graph graph, Value x, int[] dims, int[]? permutation = null)
    {
        Value grouped = graph.Add("s.1", new Reshape { Dims = dims }, [x]);
        permutation ??= [0, 2, 1, .. Enumerable.Range(3, dims.Length - 3)];
        Value swapped = graph.Add("s.2", new Transpose { Permutation = permutation }, [grouped]);
        return graph.Add("s", new Reshape { Dims = x.Info.KnownShape.ToArray() }, [swapped]);
    }

    private static Value Slice(Graph graph, string name, Value x, int start, int end, int axis = 1) =>
        graph.Add(name, new Slice { Starts = [start], Ends = [end], Axes = [axis] }, [x]);
}
