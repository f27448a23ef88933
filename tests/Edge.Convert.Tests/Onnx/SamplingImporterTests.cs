using Edge.Convert;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Tests.Onnx;

/// <summary>Optional inputs and damaged forms of the importers of sampling, detection and recurrent operators.</summary>
public class SamplingImporterTests
{
    private static readonly Tensor Boxes = Tensor.From<float>(new Shape(1, 2, 4), [0, 0, 1, 1, 3, 3, 4, 4]);
    private static readonly Tensor Scores = Tensor.From<float>(new Shape(1, 1, 2), [0.5f, 0.9f]);

    [Fact]
    public void NonMaxSuppressionMayLackItsLastInputs()
    {
        Assert.Equal(0, new SingleNode("NonMaxSuppression", 11).Input(Boxes).Input(Scores).Run()[0].Count);
        SingleNode limited = new SingleNode("NonMaxSuppression", 11).Input(Boxes).Input(Scores).Constant(Tensor.FromVector(2L));
        Assert.Equal([0L, 0, 1, 0, 0, 0], limited.Run()[0].Span<long>().ToArray());
        SingleNode overlap = new SingleNode("NonMaxSuppression", 11).Input(Boxes).Input(Scores).Constant(Tensor.FromVector(1L)).Constant(Tensor.FromVector(0.5f));
        Assert.Equal([0L, 0, 1], overlap.Run()[0].Span<long>().ToArray());
    }

    [Fact]
    public void ResizeBeforeOpset11HasScalesOnly()
    {
        SingleNode resize = new SingleNode("Resize", 10).Input(Tensor.From<float>(new Shape(1, 4), [1, 2, 3, 4])).Constant(Tensor.FromVector(1f, 0.6f));
        // Nearest takes the ceiling where an axis shrinks: position 1 / 0.6 = 1.67 is 2.
        Assert.Equal([1f, 3], resize.Run()[0].Span<float>().ToArray());
    }

    [Theory]
    [InlineData("RNN")]
    [InlineData("GRU")]
    [InlineData("LSTM")]
    public void RecurrentWeightsNeedThreeAxes(string op)
    {
        Tensor x = Tensor.Allocate(DataType.F32, new Shape(1, 1, 2));
        SingleNode node = new SingleNode(op, 14).Input(x).Constant(Tensor.Allocate(DataType.F32, new Shape(1, 4, 2))).Constant(Tensor.FromScalar(1f));
        EdgeException problem = Assert.Single(Assert.Throws<ConversionException>(node.Import).Problems);
        Assert.Equal(EdgeError.UnsupportedUse, problem.Error);
    }

    [Fact]
    public void AffineGridNeedsAMatrixPerImage()
    {
        Tensor theta = Tensor.Allocate(DataType.F32, new Shape(1, 2, 3));
        Assert.Equal(new Shape(1, 4, 5, 2), new SingleNode("AffineGrid", 20).Input(theta).Constant(Tensor.FromVector(1L, 3L, 4L, 5L)).Run()[0].Shape);
        SingleNode two = new SingleNode("AffineGrid", 20).Input(theta).Constant(Tensor.FromVector(2L, 3L, 4L, 5L));
        Assert.Equal(EdgeError.BadAttribute, Assert.Single(Assert.Throws<ConversionException>(two.Import).Problems).Error);
    }
}
