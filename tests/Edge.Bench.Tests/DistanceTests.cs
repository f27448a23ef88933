using Edge.Kernels.Tensors;

namespace Edge.Bench.Tests;

/// <summary>The measure of docs/accuracy.md.</summary>
public class DistanceTests
{
    [Fact]
    public void IsTheLargestDifferenceOverTheLargestMagnitude()
    {
        Distance distance = Distance.Between(Floats(1, -4, 2), Floats(1, -4.5f, 2.25f));
        Assert.Equal(0.5, distance.Difference);
        Assert.Equal(4.5, distance.Largest);
        Assert.Equal(0.5 / 4.5, distance.Relative);
    }

    [Fact]
    public void ZerosThatAgreeAreAtNoDistance() => Assert.Equal(0, Distance.Between(Floats(0, 0), Floats(0, 0)).Relative);

    [Fact]
    public void SameInfinitiesAgreeAndOthersDoNot()
    {
        Assert.Equal(0, Distance.Between(Floats(float.PositiveInfinity, 1), Floats(float.PositiveInfinity, 1)).Relative);
        Assert.Equal(double.PositiveInfinity, Distance.Between(Floats(float.NaN, 1), Floats(1, 1)).Relative);
        Assert.Equal(double.PositiveInfinity, Distance.Between(Floats(float.NegativeInfinity, 1), Floats(float.PositiveInfinity, 1)).Relative);
    }

    [Fact]
    public void OtherShapesAreInfinitelyFar() => Assert.Equal(double.PositiveInfinity, Distance.Between(Floats(1), Floats(1, 1)).Relative);

    [Fact]
    public void ModelsAreMeasuredOverAllOutputs()
    {
        // The second output is 1000 times smaller than the first, and 10 % off by itself.
        Tensor[] expected = [Floats(1000), Floats(1)];
        Tensor[] actual = [Floats(1000), Floats(1.1f)];
        Assert.Equal(1e-4, ModelComparison.RelativeErrorOfAll(actual, expected), 1e-7);
        Assert.Equal(0.1, ModelComparison.RelativeError(actual, expected), 1e-4);
    }

    [Theory]
    [InlineData("0,255", true)]
    [InlineData("-1,0.5", true)]
    [InlineData("1,1", false)]
    [InlineData("2,1", false)]
    [InlineData("0", false)]
    [InlineData("0,inf", false)]
    [InlineData("a,b", false)]
    public void RangesAreTwoRisingNumbers(string text, bool valid) => Assert.Equal(valid, ValueRange.TryParse(text, out _));

    private static Tensor Floats(params float[] values) => Tensor.FromVector<float>(values);
}
