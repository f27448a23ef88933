using System.Text.Json;
using Edge.Kernels.Tensors;
using Edge.Testing;
using Edge.Testing.Onnx;

namespace Edge.Cli.Tests;

public class ConvertCommandTests
{
    [Fact]
    public void ConvertsAndSummarizes()
    {
        using var folder = new TestFolder();
        string model = folder.Model();
        CommandRun run = CommandRun.Convert(model).Succeeded();
        Assert.True(File.Exists(folder.Path("model.edge")));
        Assert.Contains("nodes", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void SaysWhatWouldBeSmaller()
    {
        using var folder = new TestFolder();
        string lenet = Path.Combine(RepositoryPaths.BundledModels, "lenet5.onnx");
        string output = folder.Path("lenet5.edge");
        CommandRun run = CommandRun.Convert(lenet, "-o", output).Succeeded();
        Assert.Contains("--weights f16: about 121 KiB", run.Output, StringComparison.Ordinal);
        Assert.Contains("--int8 --calibrate SAMPLES: about 60.3 KiB", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--int8", CommandRun.Convert(lenet, "-o", output, "--weights", "f16").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonHasTheDocumentedFields()
    {
        using var folder = new TestFolder();
        JsonElement json = CommandRun.Convert(folder.Model(), "--json").Succeeded().Json();
        string[] names = [.. json.EnumerateObject().Select(p => p.Name)];
        Assert.Equal(
            ["model", "output", "nodes_before", "nodes_after", "passes", "operators", "parameters", "multiply_adds", "weights_bytes", "arena_bytes", "file_bytes", "golden_samples", "golden_error", "why_no_golden", "warnings", "int8", "int8_dynamic"],
            names);
        Assert.Equal(2, json.GetProperty("nodes_before").GetInt32());
        Assert.Equal(1, json.GetProperty("golden_samples").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("why_no_golden").ValueKind);
        Assert.Equal(new FileInfo(folder.Path("model.edge")).Length, json.GetProperty("file_bytes").GetInt64());
    }

    [Fact]
    public void CheckWritesNothing()
    {
        using var folder = new TestFolder();
        CommandRun.Convert(folder.Model(), "--check").Succeeded();
        Assert.False(File.Exists(folder.Path("model.edge")));
    }

    [Theory]
    [InlineData("C")]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    [InlineData("ar_SA.UTF-8")]
    public void BytesDoNotDependOnTheLocale(string locale)
    {
        using var folder = new TestFolder();
        string model = folder.Model(twice: true);
        CommandRun.Convert(model, "-o", folder.Path("here.edge")).Succeeded();
        CommandRun.Start("Edge.Convert/release/edge-convert", [model, "-o", folder.Path("there.edge")], [("LANG", locale), ("LC_ALL", locale), ("TZ", "Asia/Tokyo")]).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.Path("here.edge")), File.ReadAllBytes(folder.Path("there.edge")));
    }

    [Theory]
    [InlineData]
    [InlineData("--int8")]
    [InlineData("m.onnx", "--weights", "int5")]
    [InlineData("m.onnx", "--budget", "top1:0.5")]
    [InlineData("m.onnx", "--calibrate", "x.npy")]
    [InlineData("m.onnx", "--unknown")]
    [InlineData("m.onnx", "other.onnx")]
    [InlineData("m.onnx", "--input-shape", "x")]
    [InlineData("m.onnx", "--input-shape", "x=1,a")]
    [InlineData("m.onnx", "--input-shape", "x=1,-1")]
    [InlineData("m.onnx", "--input-shape", "=1")]
    [InlineData("m.onnx", "--constant", "x=")]
    [InlineData("m.onnx", "--input-shape", "x=1", "--input-shape", "x=2")]
    [InlineData("m.onnx", "-o", "m.onnx")]
    public void WrongUsageEndsWithTwo(params string[] arguments) => CommandRun.Convert(arguments).FailedWith(2, "error: ");

    [Fact]
    public void HelpShowsExamples()
    {
        CommandRun run = CommandRun.Convert("--help").Succeeded();
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
        Assert.Contains("--input-shape", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void VersionIsPrinted() => Assert.StartsWith("0.", CommandRun.Convert("--version").Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public void EveryProblemIsListed()
    {
        using var folder = new TestFolder();
        string model = folder.ModelOf("bad.onnx", TestFolder.MakeNode("NoSuchOperator", "x", "p"), TestFolder.MakeNode("NorThisOne", "x", "q"));
        CommandRun run = CommandRun.Convert(model).FailedWith(1, "error: EC1101 NoSuchOperator 'the NoSuchOperator': ");
        Assert.Contains("error: EC1101 NorThisOne 'the NorThisOne': ", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Path("bad.edge")));
        JsonElement problems = CommandRun.Convert(model, "--json").Json().GetProperty("problems");
        Assert.Equal(["EC1101", "EC1101"], problems.EnumerateArray().Select(p => p.GetProperty("code").GetString()));
    }

    [Fact]
    public void VerbosePrintsWhere()
    {
        CommandRun run = CommandRun.Convert("/does/not/exist.onnx", "--verbose");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("   at ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ConstantsReplaceInputs()
    {
        using var folder = new TestFolder();
        string constant = folder.Npy("b.npy", Tensor.From<float>(new Shape(1, 2, 3), [1, 2, 3, 4, 5, 6]));
        CommandRun.Convert(folder.Model(twice: true), "--constant", $"b={constant}").Succeeded();
        JsonElement json = CommandRun.Edge("inspect", folder.Path("model.edge"), "--json").Succeeded().Json();
        Assert.Equal(1, json.GetProperty("inputs").GetArrayLength());
        Assert.Equal(2, json.GetProperty("outputs").GetArrayLength());
    }

    [Fact]
    public void AnUnknownInputNameIsRefused()
    {
        using var folder = new TestFolder();
        CommandRun.Convert(folder.Model(), "--input-shape", "nope=1,2").FailedWith(1, "the model has no input 'nope'");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"image":{"width":2}}""")]
    [InlineData("""{"image":{"width":2,"height":2,"channels":"gray","colour":"red"}}""")]
    [InlineData("""{"image":{"width":2,"height":2,"channels":"purple"}}""")]
    [InlineData("""{"image":{"width":2,"height":2,"channels":"gray","resize":99}}""")]
    [InlineData("""{"image":{"width":2,"height":2,"channels":"rgb"}}""")]
    [InlineData("""{"image":{"width":3,"height":2,"channels":"gray"}}""")]
    [InlineData("""{"image":{"width":2,"height":2,"channels":"gray","std":[0]}}""")]
    [InlineData("""{"signal":{"window":0,"sample_rate":360}}""")]
    [InlineData("""{"signal":{"window":4,"sample_rate":360}}""")]
    [InlineData("""{"signal":{"window":2,"sample_rate":360,"before_beat":2}}""")]
    [InlineData("""{"signal":{"window":2,"sample_rate":360,"low_pass":180}}""")]
    [InlineData("""{"image":{"width":2,"height":2,"channels":"gray"},"signal":{"window":4,"sample_rate":360}}""")]
    public void BadPreprocessingIsRefused(string json)
    {
        using var folder = new TestFolder();
        CommandRun.Convert(folder.PixelClassifier(), "--preprocess", folder.Text("p.json", json)).FailedWith(1, "EC4001");
        Assert.False(File.Exists(folder.Path("pixels.edge")));
    }

    [Fact]
    public void AGoldenSampleThatWouldTakeTooMuchIsLeftOutAndSaid()
    {
        // 150 bytes of model, 1.9 GB of intermediate values.
        using var folder = new TestFolder();
        string model = OnnxModels.Model(
            [OnnxModels.Input("x", OnnxModels.F32, 1, 1)],
            OnnxModels.Node("Expand", ["x", "shape"], "e"), OnnxModels.Node("Relu", ["e"], "r"), OnnxModels.Node("ReduceMax", ["r"], "y"))
            .With(OnnxModels.Longs("shape", 1, 480_000_000)).Write(folder.Path(""));
        CommandRun text = CommandRun.Convert(model).Succeeded();
        Assert.Contains("none: the imported model needs an arena of 1.79 GiB, at most 256 MiB are spent", text.Output, StringComparison.Ordinal);
        Assert.True(text.PeakBytes < 256 << 20, $"it took {text.PeakBytes} bytes");
        JsonElement json = CommandRun.Convert(model, "--json").Succeeded().Json();
        Assert.Equal(0, json.GetProperty("golden_samples").GetInt32());
        Assert.Contains("1.79 GiB", json.GetProperty("why_no_golden").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ABadGoldenInputIsRefused()
    {
        using var folder = new TestFolder();
        string input = folder.Npy("in.npy", Tensor.From<float>(new Shape(2), [1, 2]));
        CommandRun.Convert(folder.Model(), "--golden", input).FailedWith(1, "EC3002");
    }
}
