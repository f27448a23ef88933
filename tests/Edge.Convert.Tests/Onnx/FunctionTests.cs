using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Convert.Tests.Onnx;

/// <summary>Functions that a model defines itself. What is refused about them is listed in <see cref="MalformedModels"/>.</summary>
public sealed class FunctionTests : IDisposable
{
    private static readonly Dictionary<string, float[]> Given = new()
    {
        ["a0"] = [1, -2, 3, -4],
        ["a1"] = [-3, 5, -1, 0.5f],
        ["a2"] = [2, 2, -8, -0.25f],
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("edge-functions").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void RandomModelsGiveWhatTheSpecificationSays()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            ModelProto model = new RandomFunctions(seed).Make();
            float[] expected = new FunctionInterpreter(model).Run(Given);
            using var session = new InferenceSession(Import(model).Graph, new SessionOptions { Threads = 1 });
            float[] actual = session.Run([.. session.Inputs.Select(v => Tensor.From<float>(new Shape(4), Given[v.Name]))])[0].ToArray<float>();
            Assert.True(expected.SequenceEqual(actual), $"seed {seed}: expected {string.Join(',', expected)}, computed {string.Join(',', actual)}");
        }
    }

    [Fact]
    public void NodesAreNamedAfterTheirCalls()
    {
        ModelProto model = OnnxModels.Model(OnnxModels.Call("F", ["x"], "m"), OnnxModels.Call("F", ["m"], "y"))
            .With(OnnxModels.Function("F", OnnxModels.Node("Relu", ["a"], "x"), OnnxModels.Node("Abs", ["x"], "b")));
        Graph graph = Import(model).Graph;
        Assert.Equal(["f_m/relu_x", "f_m/abs_b", "f_y/relu_x", "f_y/abs_b"], graph.Nodes.Select(n => n.Name));
        Assert.Equal(["f_m/x", "m", "f_y/x", "y"], graph.Nodes.Select(n => n.Outputs[0].Name));
    }

    [Fact]
    public void NamesThatTheGraphUsesAreLeftAlone()
    {
        ModelProto model = OnnxModels.Model(OnnxModels.Node("Neg", ["x"], "f_y/t"), OnnxModels.Call("F", ["f_y/t"], "y"))
            .With(OnnxModels.Function("F", OnnxModels.Node("Relu", ["a"], "t"), OnnxModels.Node("Abs", ["t"], "b")));
        Graph graph = Import(model).Graph;
        Assert.Equal(3, graph.Nodes.Select(n => n.Outputs[0].Name).Distinct().Count());
        Assert.Same(graph.Nodes[0].Outputs[0], graph.Nodes[1].Inputs[0]);
    }

    [Fact]
    public void AbsentInputsStayAbsentInTheBody()
    {
        FunctionProto clip = OnnxModels.Function("F", ["a", "low", "high"], ["b"], OnnxModels.Node("Clip", ["a", "low", "high"], "b"));
        ModelProto model = OnnxModels.Model([OnnxModels.Input("a0", OnnxModels.F32, 4)], OnnxModels.Call("F", ["a0", "", "one"], "m"), OnnxModels.Call("F", ["m"], "y"))
            .With(new TensorProto { Name = "one", DataType = OnnxModels.F32, FloatData = { 1 } }).With(clip);
        Assert.Equal([1, -2, 1, -4], Run(model));
    }

    [Fact]
    public void AFunctionHasItsOwnOperatorSet()
    {
        // Axes are an attribute in set 12 and an input in set 13, and both are used.
        FunctionProto old = OnnxModels.Function("F", OnnxModels.Node("Unsqueeze", ["a"], "b", OnnxModels.Ints("axes", 0)));
        old.OpsetImport[0].Version = 12;
        ModelProto model = OnnxModels.Model(OnnxModels.Call("F", ["x"], "m"), OnnxModels.Node("Unsqueeze", ["m", "axes"], "y"))
            .With(OnnxModels.Longs("axes", 0)).With(old);
        Assert.Equal(new Shape(1, 1, 1, 3, 8, 8), Import(model).Graph.Outputs[0].Info.KnownShape);
    }

    [Fact]
    public void OverloadsAreTold()
    {
        FunctionProto first = OnnxModels.Function("F", OnnxModels.Node("Neg", ["a"], "b"));
        FunctionProto second = OnnxModels.Function("F", OnnxModels.Node("Abs", ["a"], "b"));
        second.Overload = "positive";
        NodeProto call = OnnxModels.Call("F", ["a0"], "y");
        call.Overload = "positive";
        Assert.Equal([1, 2, 3, 4], Run(OnnxModels.Model([OnnxModels.Input("a0", OnnxModels.F32, 4)], call).With(first, second)));
    }

    [Fact]
    public void AttributesThatTheFunctionLacksAreAWarning()
    {
        ModelProto model = OnnxModels.Model(OnnxModels.Call("F", ["x"], "y", OnnxModels.Float("beta", 1))).With(OnnxModels.Function("F", OnnxModels.Node("Relu", ["a"], "b")));
        Assert.Contains("beta", Assert.Single(Import(model).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void AnAttributeThatNothingGivesIsLeftOut()
    {
        NodeProto body = OnnxModels.Node("LeakyRelu", ["a"], "b", new AttributeProto { Name = "alpha", RefAttrName = "slope" });
        ModelProto model = OnnxModels.Model(OnnxModels.Call("F", ["x"], "y")).With(OnnxModels.Function("F", body));
        Assert.Equal(0.01f, ((Unary)Assert.Single(Import(model).Graph.Nodes).Operator).Alpha);
    }

    [Fact]
    public void WeightsGoThroughNestedCallsAsAttributes()
    {
        // As torch writes them: each level refers to the attribute of the one above. 4 MB through 30 levels.
        static AttributeProto Passed() => new() { Name = "value", RefAttrName = "value", Type = AttributeProto.Types.AttributeType.Tensor };
        FunctionProto[] levels = [.. Enumerable.Range(0, 30).Select(i => OnnxModels.Function($"F{i}", OnnxModels.Call($"F{i + 1}", ["a"], "b", Passed())))];
        FunctionProto last = OnnxModels.Function("F30", OnnxModels.Node("Constant", [], "w", Passed()), OnnxModels.Node("Add", ["a", "w"], "b"));
        TensorProto weights = OnnxModels.Zeros("", 1024, 1024);
        ModelProto model = OnnxModels.Model([OnnxModels.Input("x", OnnxModels.F32, 1024)], OnnxModels.Call("F0", ["x"], "y", OnnxModels.Tensor("value", weights)))
            .With([.. levels, last]);
        Assert.Equal(new Shape(1024, 1024), Import(model).Graph.Outputs[0].Info.KnownShape);
    }

    [Fact]
    public void FunctionsThatNobodyCallsAreIgnored()
    {
        ModelProto model = OnnxModels.Model(OnnxModels.Node("Relu", ["x"], "y")).With(OnnxModels.Function("F", OnnxModels.Call("F", ["a"], "b")));
        Assert.Single(Import(model).Graph.Nodes);
    }

    private ImportResult Import(ModelProto model) => OnnxImporter.Import(model.Write(_folder), new ImportOptions());

    private float[] Run(ModelProto model)
    {
        using var session = new InferenceSession(Import(model).Graph, new SessionOptions { Threads = 1 });
        return session.Run(Tensor.From<float>(new Shape(4), Given["a0"]))[0].ToArray<float>();
    }
}
