using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Operators;
using Range = Edge.Runtime.Operators.Range;

namespace Edge.Runtime.Tests.Operators;

/// <summary>Shape rules of operators that move data: what they infer, and that they refuse everything else with an error of their own.</summary>
public class MovementShapeTests
{
    private const int Huge = int.MaxValue;

    /// <summary>Operator, input shapes (all f32 unless <see cref="Indices"/> or longs), expected shapes.</summary>
    public static TheoryData<Operator, int[][], int[][]> Valid => new()
    {
        { new Reshape { Dims = [0, -1] }, [[2, 3, 4]], [[2, 12]] },
        { new Reshape { Dims = [] }, [[1, 1]], [[]] },
        { new Reshape { Dims = [-1] }, [[]], [[1]] },
        { new Reshape { Dims = [0, 4], AllowZero = true }, [[4, 0]], [[0, 4]] },
        { new Reshape { Dims = [5, 0] }, [[4, 0]], [[5, 0]] },
        { new Flatten { Axis = 0 }, [[2, 3]], [[1, 6]] },
        { new Flatten { Axis = -1 }, [[2, 3, 4]], [[6, 4]] },
        { new Flatten { Axis = 0 }, [[]], [[1, 1]] },
        { new Squeeze(), [[1, 2, 1]], [[2]] },
        { new Squeeze { Axes = [-1] }, [[1, 2, 1]], [[1, 2]] },
        { new Unsqueeze { Axes = [-1, 0] }, [[2]], [[1, 2, 1]] },
        { new Unsqueeze { Axes = [0] }, [[]], [[1]] },
        { new Transpose { Permutation = [2, 0, 1] }, [[2, 3, 4]], [[4, 2, 3]] },
        { new Concat { Axis = -1 }, [[2, 3], [2, 0], [2, 4]], [[2, 7]] },
        { new Split { Axis = 1 }, [[2, 7]], [[2, 3], [2, 3], [2, 1]] },
        { new Split { Axis = 0, Sizes = [0, 5] }, [[5]], [[0], [5]] },
        { new Slice { Starts = [1], Ends = [Huge] }, [[4, 5]], [[3, 5]] },
        { new Slice { Starts = [-1], Ends = [int.MinValue], Axes = [-1], Steps = [-2] }, [[4, 5]], [[4, 3]] },
        { new Slice { Starts = [3], Ends = [1] }, [[4]], [[0]] },
        { new Slice { Starts = [0], Ends = [9], Steps = [Huge] }, [[4]], [[1]] },
        { new Slice { Starts = [Huge], Ends = [int.MinValue], Steps = [int.MinValue] }, [[4]], [[1]] },
        { new Slice { Starts = [-1], Ends = [0], Steps = [-1] }, [[0, 3]], [[0, 3]] },
        { new Expand { Dims = [3, 1] }, [[1, 4]], [[3, 4]] },
        { new Expand { Dims = [2] }, [[5, 1]], [[5, 2]] },
        { new Expand { Dims = [0] }, [[1]], [[0]] },
        { new Tile { Repeats = [2, 0] }, [[3, 4]], [[6, 0]] },
        { new Pad { Pads = [1, -2, 0, 3] }, [[3, 4]], [[4, 5]] },
        { new Pad { Pads = [-1, -2] }, [[3]], [[0]] },
        { new GatherNd(), [[2, 3]], [[4, 3]] },
        { new Trilu(), [[2, 0, 3]], [[2, 0, 3]] },
        { new EyeLike(), [[2, 3]], [[2, 3]] },
        { new ShapeOf { Start = -2, End = 9 }, [[5, 6, 7]], [[2]] },
        { new ShapeOf { Start = 2, End = 1 }, [[5, 6, 7]], [[0]] },
        { new SizeOf(), [[5, 6]], [[]] },
        { new Einsum { Equation = "bij,bjk->bik" }, [[2, 3, 4], [2, 4, 5]], [[2, 3, 5]] },
        { new Einsum { Equation = "ij,jk" }, [[3, 4], [4, 5]], [[3, 5]] },
        { new Einsum { Equation = "...ii -> ...i" }, [[3, 5, 5]], [[3, 5]] },
        { new Einsum { Equation = "...a,...a->..." }, [[2, 1, 4], [3, 4]], [[2, 3]] },
        { new Col2Im { Image = [5, 5], Block = [1, 5], Strides = [1, 1], Dilations = [1, 1], Pads = [0, 0, 0, 0] }, [[1, 5, 5]], [[1, 1, 5, 5]] },
    };

    public static TheoryData<Operator, int[][]> Invalid => new()
    {
        { new Reshape { Dims = [5] }, [[2, 3]] },
        { new Reshape { Dims = [-1, -1] }, [[6]] },
        { new Reshape { Dims = [-2, 3] }, [[6]] },
        { new Reshape { Dims = [2, 3, 0] }, [[2, 3]] },
        { new Reshape { Dims = [-1, 4] }, [[2, 3]] },
        { new Reshape { Dims = [-1, 0] }, [[0, 0]] },
        { new Reshape { Dims = [-1, 0], AllowZero = true }, [[0, 0]] },
        { new Reshape { Dims = [Huge, Huge, Huge] }, [[2, 3]] },
        { new Reshape { Dims = [.. Enumerable.Repeat(1, 17)] }, [[1]] },
        { new Flatten { Axis = 3 }, [[2, 3]] },
        { new Flatten { Axis = int.MinValue }, [[2, 3]] },
        { new Flatten { Axis = 1 }, [[0, 70000, 70000]] },
        { new Flatten { Axis = 2 }, [[70000, 70000, 0]] },
        { new Squeeze { Axes = [0] }, [[2]] },
        { new Squeeze { Axes = [1, -1] }, [[2, 1]] },
        { new Unsqueeze { Axes = [0, 0] }, [[2]] },
        { new Unsqueeze { Axes = [5] }, [[2]] },
        { new Transpose { Permutation = [0, 0] }, [[2, 3]] },
        { new Transpose { Permutation = [0] }, [[2, 3]] },
        { new Concat { Axis = 0 }, [[]] },
        { new Concat { Axis = 2 }, [[2, 3]] },
        { new Concat { Axis = 0 }, [[2, 3], [2, 4]] },
        { new Concat { Axis = 0 }, [[2, 3], [3]] },
        { new Concat { Axis = 0 }, [[0, Huge], [Huge, 0], [Huge, 0]] },
        { new Concat { Axis = 0 }, [[Huge, 0], [Huge, 0]] },
        { new Split { Sizes = [1, 2] }, [[4]] },
        { new Split { Sizes = [5, -1] }, [[4]] },
        { new Split { Sizes = [Huge, Huge, 2] }, [[Huge, 0]] },
        { new Split { Axis = 1 }, [[4]] },
        { new Slice { Starts = [0], Ends = [1], Steps = [0] }, [[4]] },
        { new Slice { Starts = [0, 0], Ends = [1] }, [[4]] },
        { new Slice { Starts = [0, 0], Ends = [1, 1], Axes = [0, -1] }, [[4]] },
        { new Slice { Starts = [0], Ends = [1], Axes = [1] }, [[4]] },
        { new Slice(), [[4]] },
        { new Expand { Dims = [3] }, [[4]] },
        { new Expand { Dims = [-1] }, [[1]] },
        { new Expand { Dims = [Huge, Huge] }, [[1]] },
        { new Expand { Dims = [Huge, Huge, Huge, 5] }, [[1]] },
        { new Tile { Repeats = [2] }, [[2, 3]] },
        { new Tile { Repeats = [-1] }, [[2]] },
        { new Tile { Repeats = [Huge, Huge] }, [[Huge, 0]] },
        { new Pad { Pads = [1] }, [[3]] },
        { new Pad { Pads = [-2, -2] }, [[3]] },
        { new Pad { Pads = [Huge, Huge] }, [[3]] },
        { new Pad { Pads = [int.MinValue, 0] }, [[3]] },
        { new Pad { Pads = [1, 1], Mode = PadMode.Edge }, [[0]] },
        { new Pad { Pads = [1, -3], Mode = PadMode.Reflect }, [[3]] },
        { new Pad(), [[3]] },
        { new Trilu(), [[3]] },
        { new EyeLike(), [[3]] },
        { new Gather(), [[3], [2]] },
        { new ScatterNd(), [[3], [2, 1], [2]] },
        { new Range(), [[2], [1], [1]] },
        { new Compress(), [[3], [3]] },
        { new Einsum { Equation = "ij->k" }, [[3, 4]] },
        { new Einsum { Equation = "ij->ii" }, [[3, 4]] },
        { new Einsum { Equation = "i,j" }, [[3]] },
        { new Einsum { Equation = "i" }, [[3, 4]] },
        { new Einsum { Equation = "ii->i" }, [[3, 4]] },
        { new Einsum { Equation = "....i" }, [[3]] },
        { new Einsum { Equation = "i->->i" }, [[3]] },
        { new Einsum { Equation = "1->1" }, [[3]] },
        { new Einsum { Equation = "ab,cd,ef" }, [[1, Huge], [Huge, Huge], [Huge, Huge]] },
        { new Col2Im { Image = [5], Block = [1, 5], Strides = [1, 1], Dilations = [1, 1], Pads = [0, 0, 0, 0] }, [[1, 5, 5]] },
        { new Col2Im { Image = [Huge, Huge], Block = [Huge, 1], Strides = [1, 1], Dilations = [Huge, 1], Pads = [Huge, Huge, Huge, Huge] }, [[1, 5, 5]] },
    };

    [Theory]
    [MemberData(nameof(Valid))]
    public void Infers(Operator op, int[][] inputs, int[][] expected)
    {
        if (op is GatherNd)
        {
            var indices = new TensorInfo(DataType.S64, new Shape(4, 1));
            Assert.Equal([new Shape(expected[0])], Shapes(op, [F32(inputs[0]), indices], 1));
            return;
        }
        Assert.Equal([.. expected.Select(d => new Shape(d))], Shapes(op, [.. inputs.Select(F32)], expected.Length));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void RefusesWithAnErrorOfItsOwn(Operator op, int[][] inputs)
    {
        int outputs = op is Split { Sizes: { } sizes } ? sizes.Length : 1;
        var thrown = Assert.Throws<EdgeException>(() => Shapes(op, [.. inputs.Select(F32)], outputs));
        Assert.True((int)thrown.Error is >= 1200 and < 1300, thrown.Message);
    }

    [Fact]
    public void AttributesSurviveStorage()
    {
        foreach (Operator op in Valid.Select(row => row.Data.Item1))
        {
            var writer = new AttributeWriter();
            op.WriteAttributes(writer);
            var reader = new AttributeReader(writer.Attributes);
            Operator read = OperatorCatalog.Find(op.Kind)!.Read(reader);
            reader.RequireAllRead();
            var again = new AttributeWriter();
            read.WriteAttributes(again);
            Assert.Equal([.. writer.Attributes.Select(a => a.ToString())], [.. again.Attributes.Select(a => a.ToString())]);
        }
    }

    private static TensorInfo F32(int[] dims) => new(DataType.F32, new Shape(dims));

    private static Shape[] Shapes(Operator op, TensorInfo[] inputs, int outputs) =>
        [.. op.InferOutputs(new OperatorInputs(inputs, new Tensor?[inputs.Length], outputs)).Select(i => i.KnownShape)];
}
