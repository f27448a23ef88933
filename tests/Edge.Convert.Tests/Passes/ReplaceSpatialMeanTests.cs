using Edge.Convert.Passes.Lower;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class ReplaceSpatialMeanTests
{
    [Fact]
    public void AMeanOverSpatialAxesIsAGlobalPool()
    {
        Assert.Equal("GlobalAveragePool", Kinds(new Reduce("Mean") { Axes = [2, 3] }));
        Assert.Equal("GlobalAveragePool Reshape", Kinds(new Reduce("Mean") { Axes = [2, 3], KeepDims = false }));
        Assert.Equal("GlobalAveragePool", Kinds(Pool(5, 6)));
    }

    [Fact]
    public void OtherMeansStay()
    {
        Assert.Equal("ReduceMean", Kinds(new Reduce("Mean") { Axes = [1, 2] }));
        Assert.Equal("ReduceMean", Kinds(new Reduce("Mean") { Axes = [3] }));
        Assert.Equal("ReduceSum", Kinds(new Reduce("Sum") { Axes = [2, 3] }));
        Assert.Equal("AveragePool", Kinds(Pool(5, 5)));
        Assert.Equal("AveragePool", Kinds(Pool(5, 6) with { Pads = [0, 1, 0, 1] }));
    }

    private static AveragePool Pool(int height, int width) => new() { Kernel = [height, width], Strides = [7, 7], Pads = [0, 0, 0, 0], Dilations = [1, 1] };

    private static string Kinds(Operator op) => PassCase.Run(g => g.AddOutput(g.Add("y", op, [g.Input(2, 3, 5, 6)])), new ReplaceSpatialMean()).Kinds();
}
