using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Convert.Tests;

/// <summary>--input-shape and --constant that do not fit the model.</summary>
public sealed class MalformedOnnxOptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-onnx").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ShapeOfAnUnknownInputNamesTheInputs() =>
        RequireProblem(Shape("z", 1, 3, 8, 8), EdgeError.BadOption, "'z'", "its inputs are x");

    [Fact]
    public void ShapeOfAnotherRankIsRefused() =>
        RequireProblem(Shape("x", 3, 8, 8), EdgeError.ShapeMismatch, "[3,8,8]", "[1,3,8,8]", "--input-shape");

    [Fact]
    public void ShapeAgainstAFixedDimensionIsRefused() =>
        RequireProblem(Shape("x", 1, 4, 8, 8), EdgeError.ShapeMismatch, "[1,4,8,8]", "[1,3,8,8]");

    [Fact]
    public void ShapeOfAnInitializerIsRefused() =>
        RequireProblem(Shape("w", 8), EdgeError.BadOption, "input 'w'", "stores a value");

    [Fact]
    public void HugeShapeOfAFreeInputIsRefused()
    {
        ModelProto model = Model();
        model.Graph.Input[0].Type.TensorType.Shape = null;
        RequireProblem(Shape("x", 50_000, 50_000, 8), EdgeError.TooLarge, "input 'x'", "2 GiB", model: model);
    }

    [Fact]
    public void ConstantForAnUnknownInputIsRefused() =>
        RequireProblem(Constant("z", Tensor.FromScalar(1f)), EdgeError.BadOption, "'z'");

    [Fact]
    public void ConstantOfAnotherTypeIsRefused() =>
        RequireProblem(Constant("x", Tensor.Allocate(DataType.S64, new Shape(1, 3, 8, 8))), EdgeError.TypeMismatch, "input 'x'", "s64", "f32");

    [Fact]
    public void ConstantOfAnotherShapeIsRefused() =>
        RequireProblem(Constant("x", Tensor.Allocate(DataType.F32, new Shape(1, 3, 8, 9))), EdgeError.ShapeMismatch, "--constant", "[1,3,8,9]");

    [Fact]
    public void ConstantAndShapeHaveToAgree()
    {
        ModelProto model = Model();
        model.Graph.Input[0].Type.TensorType.Shape = null;
        ImportOptions options = Constant("x", Tensor.Allocate(DataType.F32, new Shape(8))) with { InputShapes = Shape("x", 4).InputShapes };
        RequireProblem(options, EdgeError.BadOption, "[8]", "[4]", model: model);
    }

    [Fact]
    public void ShapeOfAFreeDimensionIsTaken()
    {
        ModelProto model = Model();
        model.Graph.Input[0].Type.TensorType.Shape.Dim[2] = new TensorShapeProto.Types.Dimension { DimParam = "height" };
        ImportResult result = OnnxImporter.Import(model.Write(_folder), Shape("x", 1, 3, 8, 8));
        Assert.Equal(new Shape(1, 3, 8, 8), result.Graph.Outputs[0].Info.KnownShape);
    }

    /// <summary>x + w, where w is stored and, as in old files, declared as an input too.</summary>
    private static ModelProto Model() =>
        OnnxModels.Model([OnnxModels.Input("x", OnnxModels.F32, 1, 3, 8, 8), OnnxModels.Input("w", OnnxModels.F32, 8)], OnnxModels.Node("Add", ["x", "w"], "y"))
            .With(OnnxModels.Zeros("w", 8));

    private static ImportOptions Shape(string name, params int[] dims) => new() { InputShapes = new Dictionary<string, Shape> { [name] = new(dims) } };

    private static ImportOptions Constant(string name, Tensor tensor) => new() { Constants = new Dictionary<string, Tensor> { [name] = tensor } };

    private void RequireProblem(ImportOptions options, EdgeError error, params string[] words) => RequireProblem(options, error, words, Model());

    private void RequireProblem(ImportOptions options, EdgeError error, string word1, string word2, ModelProto model) => RequireProblem(options, error, [word1, word2], model);

    private void RequireProblem(ImportOptions options, EdgeError error, string[] words, ModelProto model)
    {
        var exception = Assert.Throws<ConversionException>(() => OnnxImporter.Import(model.Write(_folder), options));
        EdgeException problem = Assert.Single(exception.Problems);
        Assert.Equal(error, problem.Error);
        Assert.All(words, word => Assert.Contains(word, problem.Message, StringComparison.Ordinal));
    }
}
