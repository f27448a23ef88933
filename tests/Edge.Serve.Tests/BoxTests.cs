using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals;
using Edge.Runtime.Streaming;

namespace Edge.Serve.Tests;

public class BoxTests
{
    private static readonly InputPlacement Half = new(0.5, 0.5, 10, 0);

    [Fact]
    public void CornersBecomeBoxesOnTheFrame()
    {
        TensorInfo[] outputs = [new(DataType.F32, new Shape(1, 3, 2)), new(DataType.F32, new Shape(1, 3, 4))];
        var decoder = new BoxDecoder(new BoxRules(BoxLayout.Corners, 0.5f, 0.5f, 10), outputs, 100, 200);
        // Background and face; the second box overlaps the first, the third is too weak.
        float[] scores = [0.1f, 0.9f, 0.2f, 0.8f, 0.6f, 0.4f];
        float[] boxes = [0.1f, 0.1f, 0.5f, 0.3f, 0.12f, 0.1f, 0.5f, 0.3f, 0.8f, 0.8f, 0.9f, 0.9f];
        FoundBox box = Assert.Single(decoder.Decode(scores, boxes, Half, ["face"]));
        Assert.Equal([0, 40, 80, 120], new[] { box.Left, box.Top, box.Right, box.Bottom }.Select(v => MathF.Round(v, 3)));
        Assert.Equal(("face", 0.9f), (box.Label, box.Score));
    }

    [Fact]
    public void YoloxCellsAreDecoded()
    {
        // 64 x 32: 8 x 4 + 4 x 2 + 2 x 1 cells.
        TensorInfo[] outputs = [new(DataType.F32, new Shape(1, 42, 7))];
        var decoder = new BoxDecoder(new BoxRules(BoxLayout.Yolox, 0.5f, 0.5f, 10), outputs, 64, 32);
        var values = new float[42 * 7];
        // Row 37 is cell (1, 1) of stride 16: its centre at (1 + 0.5, 1 + 0.25) * 16, 32 wide, 16 high.
        float[] cell = [0.5f, 0.25f, MathF.Log(2), 0, 0.9f, 0.1f, 0.8f];
        cell.CopyTo(values.AsSpan(37 * 7));
        FoundBox box = Assert.Single(decoder.Decode(values, values, new InputPlacement(1, 1, 0, 0), ["cat", "dog"]));
        Assert.Equal(("dog", 0.72f), (box.Label, MathF.Round(box.Score, 4)));
        Assert.Equal([24 - 16, 20 - 8, 24 + 16, 20 + 8], new[] { box.Left, box.Top, box.Right, box.Bottom }.Select(v => MathF.Round(v, 3)));
    }

    [Fact]
    public void BoxesOfDifferentClassesDoNotSuppressEachOther()
    {
        FoundBox Box(int index, float score, float left) => new(left, 0, left + 10, 10, index, null, score);
        FoundBox[] kept = BoxDecoder.Suppress([Box(0, 0.5f, 0), Box(0, 0.9f, 1), Box(1, 0.4f, 0), Box(0, 0.3f, 30), Box(0, 0.2f, 60)], 0.5f, 3);
        Assert.Equal([0.9f, 0.4f, 0.3f], kept.Select(k => k.Score));
        Assert.Equal(0, BoxDecoder.IntersectionOverUnion(Box(0, 1, 0), Box(0, 1, 10)));
        Assert.Equal(1 / 3f, BoxDecoder.IntersectionOverUnion(Box(0, 1, 0), Box(0, 1, 5)), 1e-6f);
    }

    [Fact]
    public void ScoresThatAreNoNumbersAreNoBoxes()
    {
        TensorInfo[] outputs = [new(DataType.F32, new Shape(1, 2, 2)), new(DataType.F32, new Shape(1, 2, 4))];
        var decoder = new BoxDecoder(new BoxRules(BoxLayout.Corners, 0.5f, 0.5f, 10), outputs, 100, 100);
        Assert.Empty(decoder.Decode([0, float.NaN, 0, float.NaN], new float[8], Half, []));
        Assert.Equal(EdgeError.BadConfiguration, Assert.Throws<EdgeException>(() => new BoxDecoder(new BoxRules(BoxLayout.Corners, 0.5f, 0.5f, 10), [new(DataType.F32, new Shape(1, 10))], 8, 8)).Error);
    }

    [Fact]
    public void TheMostProbableClassesComeFirst()
    {
        Assert.Equal([(2, 0.7f), (0, 0.2f)], TopScores.Find([0.2f, 0.1f, 0.7f], ["a"], 2).Select(c => (c.Index, c.Probability)));
        ClassScore[] soft = TopScores.Find([1, 3, 2], ["a", "b", "c"], 3, 0.2f);
        Assert.Equal(["b", "c"], soft.Select(c => c.Label));
        Assert.Equal(1 / (1 + MathF.Exp(-1) + MathF.Exp(-2)), soft[0].Probability, 1e-6f);
        Assert.Empty(TopScores.Find([float.NaN, float.NaN], [], 2));
        Assert.Equal(1, TopScores.Find([1000, -1000], [], 1)[0].Probability);
    }

    [Fact]
    public void ARegionLiesInTheFrame()
    {
        Assert.Equal(new PixelRegion(0, 0, 20, 10), PixelRegion.Inside(-5, -5, 500, 500, 20, 10));
        Assert.Equal(new PixelRegion(19, 9, 1, 1), PixelRegion.Inside(50, 50, 60, 60, 20, 10));
        Assert.Equal(new PixelRegion(3, 2, 3, 3), PixelRegion.Inside(3.9, 2.1, 5.5, 4.5, 20, 10));
    }
}
