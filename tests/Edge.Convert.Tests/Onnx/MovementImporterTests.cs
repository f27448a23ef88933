using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Convert.Tests.Onnx;

/// <summary>Forms of movement operators that ONNX's own tests do not hold any more, and forms whose arguments arrive at run time.</summary>
public class MovementImporterTests
{
    private static Tensor Six => Tensor.From<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);

    public static TheoryData<string, int[], int[]> Equations => new()
    {
        { "ij,jk->ik", [3, 4], [4, 5] },
        { "ij,kj->ki", [3, 4], [5, 4] },
        { "bhid,bhjd->bhij", [2, 3, 4, 5], [2, 3, 6, 5] },
        { "bhij,bhjd->bihd", [2, 3, 4, 5], [2, 3, 5, 7] },
        { "abc,cb->a", [2, 3, 4], [4, 3] },
        { "i,j->ji", [3], [4] },
        { "i,i->", [5], [5] },
        { "bi,bi->b", [2, 5], [2, 5] },
        { "...ij,...jk", [2, 3, 4], [2, 4, 5] },
        { "...ij,jk->...ik", [2, 3, 4], [4, 5] },
        { "ij,ij->", [1, 4], [3, 4] },
        { "ii,ij->j", [3, 3], [3, 4] },
        { "ij,jk->i", [3, 4], [4, 5] },
        { "ij,jk->ik", [3, 0], [0, 5] },
    };

    [Theory]
    [MemberData(nameof(Equations))]
    public void ContractionsGiveWhatEinsumGives(string equation, int[] a, int[] b)
    {
        (Tensor left, Tensor right) = (RandomTensor.F32(new Shape(a), 1), RandomTensor.F32(new Shape(b), 2));
        Tensor actual = new SingleNode("Einsum", 12).Input(left).Input(right).Attribute("equation", equation).Run()[0];
        var graph = new Graph("reference");
        graph.AddOutput(graph.Add("sum", new Einsum { Equation = equation }, [graph.AddInput("a", left.Info), graph.AddInput("b", right.Info)]));
        using var session = new InferenceSession(graph);
        Assert.Null(Close.Difference(actual, session.Run(left, right)[0]));
    }

    [Fact]
    public void AttentionBecomesAMatrixProduct()
    {
        Graph graph = new SingleNode("Einsum", 12).Input(RandomTensor.F32(new Shape(2, 3, 4), 1)).Input(RandomTensor.F32(new Shape(2, 4, 5), 2)).Attribute("equation", "bij,bjk->bik").Import();
        Assert.Contains(graph.Nodes, n => n.Operator is MatMul);
        Assert.DoesNotContain(graph.Nodes, n => n.Operator is Einsum or Transpose);
    }

    [Fact]
    public void TheFirstOperatorSetsAreRead()
    {
        Gives(new SingleNode("Tile", 1).Input(Six).Constant(Tensor.FromVector(2f)).Constant(Tensor.FromVector(0f)), [4, 3], [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
        Gives(new SingleNode("Pad", 1).Input(Six).Attribute("paddings", 0, 1, 0, 0), [2, 4], [0, 1, 2, 3, 0, 4, 5, 6]);
        Gives(new SingleNode("Reshape", 1).Input(Six).Attribute("shape", 3, -1), [3, 2], [1, 2, 3, 4, 5, 6]);
        Gives(new SingleNode("Concat", 1).Input(Six).Input(Six), [2, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
        Gives(new SingleNode("Split", 1, 2).Input(Six).Constant(Tensor.FromVector(1L, 1L)), [1, 3], [1, 2, 3]);
        Gives(new SingleNode("Slice", 1).Input(Six).Attribute("starts", -2).Attribute("ends", long.MaxValue).Attribute("axes", 1), [2, 2], [2, 3, 5, 6]);
    }

    [Fact]
    public void ArgumentsMayArriveAtRunTime()
    {
        Gives(new SingleNode("Reshape", 14).Input(Six).Input(Tensor.FromVector(0L, 1L, 3L)), [2, 1, 3], [1, 2, 3, 4, 5, 6]);
        Gives(new SingleNode("Slice", 13).Input(Six).Constant(Tensor.FromVector(1L)).Input(Tensor.FromVector(9L)).Constant(Tensor.FromVector(1L)), [2, 2], [2, 3, 5, 6]);
        Gives(new SingleNode("Pad", 18).Input(Six).Constant(Tensor.FromVector(1L, 0L)).Input(Tensor.FromScalar(9f)).Constant(Tensor.FromVector(-1L)), [2, 4], [9, 1, 2, 3, 9, 4, 5, 6]);
        Gives(new SingleNode("Pad", 18).Input(Six).Input(Tensor.FromVector(1L, 0L)).Constant(Tensor.FromScalar(9f)).Constant(Tensor.FromVector(-1L)), [2, 4], [9, 1, 2, 3, 9, 4, 5, 6]);
        Gives(new SingleNode("Unsqueeze", 13).Input(Six).Input(Tensor.FromVector(0L)), [1, 2, 3], [1, 2, 3, 4, 5, 6]);
        Gives(new SingleNode("ConstantOfShape", 9).Input(Tensor.FromVector(2L)), [2], [0, 0]);
        Gives(new SingleNode("Trilu", 14).Input(Six).Input(Tensor.FromScalar(1L)), [2, 3], [0, 2, 3, 0, 0, 6]);
    }

    [Fact]
    public void ValuesThatFloatsCannotHoldStayExact()
    {
        Tensor integers = Tensor.FromVector(1L);
        Tensor padded = new SingleNode("Pad", 13).Input(integers).Constant(Tensor.FromVector(1L, 0L)).Constant(Tensor.FromScalar(long.MaxValue - 1)).Run()[0];
        Assert.Equal([long.MaxValue - 1, 1], padded.ToArray<long>());
    }

    [Fact]
    public void ViewsKeepTheBatchOpen()
    {
        Graph graph = new SingleNode("Flatten", 13).Input(Tensor.Allocate(DataType.F32, new Shape(2, 3, 4))).Import();
        Assert.Equal([0, 12], Assert.IsType<Reshape>(Assert.Single(graph.Nodes).Operator).Dims!);
    }

    [Fact]
    public void BadArgumentsAreRefused()
    {
        Refuses(EdgeError.BadAttribute, new SingleNode("Tile", 1).Input(Six).Constant(Tensor.FromVector(2f)).Constant(Tensor.FromVector(float.NaN)));
        Refuses(EdgeError.NotConstant, new SingleNode("CenterCropPad", 18).Input(Six).Input(Tensor.FromVector(1L, 1L)));
        Refuses(EdgeError.BadAttribute, new SingleNode("CenterCropPad", 18).Input(Six).Constant(Tensor.FromVector(1L, -1L)));
        Refuses(EdgeError.ShapeMismatch, new SingleNode("Reshape", 14).Input(Six).Constant(Tensor.FromVector(7L)));
        Refuses(EdgeError.BadAttribute, new SingleNode("Reshape", 14).Input(Six).Constant(Tensor.FromVector(1L << 40)));
        Refuses(EdgeError.TypeMismatch, new SingleNode("Reshape", 14).Input(Six).Constant(Tensor.FromVector(2f, 3f)));
        Refuses(EdgeError.BadAttribute, new SingleNode("Split", 13, 2).Input(Six).Attribute("axis", "1"));
        Refuses(EdgeError.MissingAttribute, new SingleNode("Concat", 13).Input(Six));
        Refuses(EdgeError.MissingAttribute, new SingleNode("Einsum", 13).Input(Six));
        Refuses(EdgeError.BadArity, new SingleNode("Slice", 13).Input(Six));
        Refuses(EdgeError.UnsupportedOperator, new SingleNode("If", 13).Input(Tensor.FromScalar(true)));
        Refuses(EdgeError.UnsupportedOperator, new SingleNode("Loop", 13).Input(Tensor.FromScalar(1L)).Input(Tensor.FromScalar(true)));
    }

    private static void Gives(SingleNode node, int[] dims, float[] expected)
    {
        Tensor output = node.Run()[0];
        Assert.Equal(new Shape(dims), output.Shape);
        Assert.Equal(expected, output.ToArray<float>());
    }

    private static void Refuses(EdgeError error, SingleNode node)
    {
        var thrown = Assert.Throws<ConversionException>(node.Import);
        Assert.Equal([error], thrown.Problems.Select(p => p.Error));
    }
}
