using Edge.Bench.Latency;

namespace Edge.Bench.Tests;

public class LatencyTableTests
{
    [Fact]
    public void MediansAndMinimaAreThoseOfTheRuns()
    {
        Assert.Equal(3, new Series("odd", [5, 1, 3]).Median);
        Assert.Equal(2.5, new Series("even", [4, 1, 2, 3]).Median);
        Assert.Equal(1, new Series("even", [4, 1, 2, 3]).Minimum);
        Assert.Equal(7, new Series("one", [7]).Median);
    }

    [Fact]
    public void GigaflopsCountAMultiplyAddTwice() =>
        Assert.Equal(2.0, new Series("x", [1]).Gflops(1_000_000), 12);

    [Fact]
    public void GeometricMeanTreatsRatiosAlike()
    {
        Assert.Equal(1, GeometricMean.Of([0.5, 2]), 12);
        Assert.Equal(0.8, GeometricMean.Of([0.8]), 12);
        Assert.Equal(2, GeometricMean.Of([1, 2, 4]), 12);
        Assert.True(double.IsNaN(GeometricMean.Of([])));
    }

    [Fact]
    public void RatiosBelowOneMeanThatEdgeIsFaster()
    {
        LatencyRow row = Row("a", 1, spinning: false, [1, 2, 3], [4, 4, 8]);
        Assert.Equal(0.5, row.RatioOfMedians, 12);
        Assert.Equal(0.25, row.RatioOfMinima, 12);
    }

    [Fact]
    public void EverySettingHasATableWithItsOwnMeanAndPeak()
    {
        string table = LatencyTable.Of(
            [
                Row("a", 1, spinning: false, [1], [2]),
                Row("a", 2, spinning: false, [1], [1]),
                Row("a", 2, spinning: true, [3], [1]),
                Row("b", 1, spinning: false, [8], [4]),
            ],
            threads => 10 * threads);
        string[] lines = table.Split('\n');
        Assert.Equal(3, lines.Count(l => l.StartsWith("| geometric mean", StringComparison.Ordinal)));
        Assert.Contains("1 thread:", lines);
        Assert.Contains("2 threads, ONNX Runtime spinning on:", lines);
        // 1e6 multiply-adds in 1 ms are 2 GFLOP/s: 20 % of a peak of 10, 10 % of a peak of 20.
        Assert.Contains("| a | 0.002 | 1.00 | 2.00 | 0.50 | 0.50 | 2.0 | 20 % | 1.0 | 10 % | 1 + 1 |", lines);
        Assert.Contains("| a | 0.002 | 1.00 | 1.00 | 1.00 | 1.00 | 2.0 | 10 % | 2.0 | 10 % | 1 + 1 |", lines);
        // sqrt(0.5 * 2) = 1
        Assert.Equal("| geometric mean | | | | 1.00 | 1.00 | | | | | |", lines.First(l => l.StartsWith("| geometric", StringComparison.Ordinal)));
    }

    private static LatencyRow Row(string model, int threads, bool spinning, double[] edge, double[] peer) =>
        new(model, threads, spinning, 1_000_000, new Series("Edge", edge), new Series("ONNX Runtime", peer), 0);
}
