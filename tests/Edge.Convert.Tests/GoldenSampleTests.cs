using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Convert.Tests;

/// <summary>Which models get a golden sample, and what a conversion spends on it.</summary>
public sealed class GoldenSampleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-golden").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SmallModelsHaveOne()
    {
        ConversionResult result = Convert(OnnxModels.Model(OnnxModels.Node("Relu", ["x"], "y")));
        Assert.Equal("random", Assert.Single(result.Model.Goldens).Name);
        Assert.Equal(0, result.GoldenError);
        Assert.Null(result.WhyNoGolden);
        Assert.Single(EdgeReader.Read(Path.Combine(_folder, "model.edge")).Goldens);
    }

    [Fact]
    public void AnArenaOf2GBIsNotSpent() => RequireNone(Convert(Expanding(480_000_000, 1)), "arena of 1.79 GiB", "256 MiB");

    [Fact]
    public void AnArenaOf300MBIsNotSpent() => RequireNone(Convert(Expanding(75_000_000, 1)), "arena of 286 MiB", "256 MiB");

    [Fact]
    public void HoursOfMultiplyAddsAreNotSpent()
    {
        // 4096 x 4096 x 4096 multiply-adds, 40 times: 2.7 T in 0.1 GiB.
        ModelProto model = Expanding(1 << 24, 40, i => OnnxModels.Node("MatMul", [$"v{i}", $"v{i}"], $"v{i + 1}"), 4096, 4096);
        RequireNone(Convert(model), "2.75 T multiply-adds", "24.0 G");
    }

    [Fact]
    public void MultiplyAddsOfNaiveKernelsCountMore()
    {
        // Einsum has a naive kernel only: 2 G multiply-adds are as many as 40 G others.
        ModelProto model = Expanding(0, 1, i => OnnxModels.Node("Einsum", [$"v{i}", $"v{i}"], $"v{i + 1}", OnnxModels.Text("equation", "ij,jk->i")), 1260, 1260);
        RequireNone(Convert(model), "2.00 G multiply-adds", "naive kernels", "1.20 G");
    }

    [Fact]
    public void HundredsOfGigabytesAreNotMoved() =>
        RequireNone(Convert(Expanding(20_000_000, 60, i => OnnxModels.Node("Relu", [$"v{i}"], $"v{i + 1}"))), "read and write", "8.00 GiB");

    [Fact]
    public void LargeInputsAreASeedAndLargeOutputsASample()
    {
        ConversionResult result = Convert(OnnxModels.Model([OnnxModels.Input("x", OnnxModels.F32, 1100, 1000)], OnnxModels.Node("Relu", ["x"], "y")));

        GoldenSample golden = Assert.Single(EdgeReader.Read(Path.Combine(_folder, "model.edge")).Goldens);
        Assert.Equal(new GeneratedValues(1), golden.Inputs[0].Generated);
        Assert.Equal((1100 * 1000, 1077, 1022), (golden.Outputs[0].Info.KnownShape.Count, golden.Outputs[0].Stride, golden.Outputs[0].Values.Count));
        Assert.InRange(result.FileBytes, 4000, 5000);
        Assert.Equal(0, result.GoldenError);
    }

    [Fact]
    public void InputsAndOutputsOf100MBAreNotComputed() =>
        RequireNone(Convert(OnnxModels.Model([OnnxModels.Input("x", OnnxModels.F32, 13_000, 1000)], OnnxModels.Node("Relu", ["x"], "y"))), "99.2 MiB", "64.0 MiB");

    [Fact]
    public void LargeGivenInputsAreNotStored() =>
        RequireNone(
            Convert(OnnxModels.Model([OnnxModels.Input("x", OnnxModels.F32, 1100, 1000)], OnnxModels.Node("Relu", ["x"], "y")), Tensor.Allocate(DataType.F32, new Shape(1100, 1000))),
            "4.20 MiB of the file", "4.00 MiB");

    [Fact]
    public void RunTimeShapesThatAskForTooMuchAreNotAllocated()
    {
        // The shape is x + 19000 in both dimensions, known only when the model runs: 1.4 GB.
        ModelProto model = OnnxModels.Model(
            [OnnxModels.Input("s", OnnxModels.S64, 2), OnnxModels.Input("x", OnnxModels.F32, 1)],
            OnnxModels.Node("Add", ["s", "size"], "shape"), OnnxModels.Node("Expand", ["x", "shape"], "y")).With(OnnxModels.Longs("size", 19_000, 19_000));
        RequireNone(Convert(model), "made-up input cannot be computed", "EC3003", "--golden");
    }

    [Fact]
    public void IllegalMadeUpInputIsNoFailure()
    {
        // Random flags are 0 or 1; the table has one row.
        ModelProto model = OnnxModels.Model([OnnxModels.Input("i", OnnxModels.S64, 64)], OnnxModels.Node("Gather", ["w", "i"], "y")).With(OnnxModels.Zeros("w", 1, 4));
        RequireNone(Convert(model), "made-up input cannot be computed", "--golden");
    }

    [Fact]
    public void GivenInputIsComputedWhateverItTakes()
    {
        ConversionResult result = Convert(Expanding(75_000_000, 1), Tensor.From<float>(new Shape(1, 1), [2]));
        Assert.Equal("given", Assert.Single(result.Model.Goldens).Name);
        Assert.Equal([2], result.Model.Goldens[0].Outputs[0].Values.ToArray<float>());
    }

    /// <summary>x f32[1,1], expanded, put through a chain of nodes, and reduced to its maximum.</summary>
    private static ModelProto Expanding(long count, int length, Func<int, NodeProto>? link = null, params long[] shape)
    {
        link ??= i => OnnxModels.Node("Relu", [$"v{i}"], $"v{i + 1}");
        return OnnxModels.Model(
            [OnnxModels.Input("x", OnnxModels.F32, 1, 1)],
            [OnnxModels.Node("Expand", ["x", "shape"], "v0"), .. Enumerable.Range(0, length).Select(link), OnnxModels.Node("ReduceMax", [$"v{length}"], "y")])
            .With(OnnxModels.Longs("shape", shape.Length > 0 ? shape : [1, count]));
    }

    private static void RequireNone(ConversionResult result, params string[] words)
    {
        Assert.Empty(result.Model.Goldens);
        Assert.Null(result.GoldenError);
        Assert.All(words, word => Assert.Contains(word, result.WhyNoGolden, StringComparison.Ordinal));
    }

    private ConversionResult Convert(ModelProto model, params Tensor[] golden) => Converter.Convert(new ConvertOptions
    {
        ModelPath = model.Write(_folder),
        OutputPath = Path.Combine(_folder, "model.edge"),
        GoldenInputs = golden.Length > 0 ? golden : null,
    });
}
