using System.Text.Json;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;
using Edge.Testing;
using SkiaSharp;

namespace Edge.Cli.Tests;

public class EdgeCommandTests
{
    [Theory]
    [InlineData]
    [InlineData("nonsense")]
    [InlineData("run")]
    [InlineData("run", "m.edge", "--top", "0")]
    [InlineData("run", "m.edge", "--top", "x")]
    [InlineData("run", "m.edge", "--threads", "-1")]
    [InlineData("run", "m.edge", "--backend", "tpu")]
    [InlineData("run", "m.edge", "--draw", "--json")]
    [InlineData("run", "m.edge", "--unknown")]
    [InlineData("run", "m.edge", "--output-dir", "--unknown")]
    [InlineData("bench", "m.edge", "--runs", "0")]
    [InlineData("inspect")]
    [InlineData("inspect", "m.edge", "--unknown")]
    [InlineData("ecg")]
    [InlineData("ecg", "detect")]
    [InlineData("ecg", "detect", "100", "--channel", "-1")]
    [InlineData("ecg", "score", "100.atr")]
    [InlineData("ecg", "score", "100.atr", "100.qrs", "--window", "0")]
    [InlineData("ecg", "classify", "100")]
    public void WrongUsageEndsWithTwo(params string[] arguments) => CommandRun.Edge(arguments).FailedWith(2, "error: ");

    [Theory]
    [InlineData("run")]
    [InlineData("bench")]
    [InlineData("inspect")]
    [InlineData("doctor")]
    [InlineData("ecg")]
    [InlineData("ecg detect")]
    [InlineData("ecg score")]
    [InlineData("ecg classify")]
    public void HelpShowsExamples(string command) =>
        Assert.Contains($"  edge {command}", CommandRun.Edge([.. command.Split(' '), "--help"]).Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public void OutputsAreWrittenInGraphOrder()
    {
        using var folder = new TestFolder();
        string model = Convert(folder, folder.Model(twice: true));
        Tensor a = RandomTensor.F32(new Shape(1, 2, 3), 1);
        Tensor b = RandomTensor.F32(new Shape(1, 2, 3), 2);
        CommandRun.Edge("run", model, folder.Npy("a.npy", a), folder.Npy("b.npy", b), "--output-dir", folder.Path("out/deep")).Succeeded();
        Assert.Equal(Expected(a), NpyFile.Read(folder.Path("out/deep/output_0.npy")).ToArray<float>());
        Tensor second = NpyFile.Read(folder.Path("out/deep/output_1.npy"));
        Assert.Equal(new Shape(1, 3, 2), second.Shape);
        Assert.Equal(Expected(b), second.ToArray<float>());
    }

    [Fact]
    public void DoublesAreRoundedWithAWarning()
    {
        using var folder = new TestFolder();
        string input = folder.Npy("a.npy", Tensor.From<double>(new Shape(1, 2, 3), [1, -2, 3, 4, 5, 6]));
        CommandRun run = CommandRun.Edge("run", Convert(folder, folder.Model()), input, "--json").Succeeded();
        Assert.StartsWith("warning: ", run.Errors, StringComparison.Ordinal);
        Assert.Equal(6, run.Json().GetProperty("runs")[0].GetProperty("outputs")[0].GetProperty("max").GetDouble());
    }

    [Fact]
    public void WrongInputsAreRefused()
    {
        using var folder = new TestFolder();
        string model = Convert(folder, folder.Model());
        string wrongShape = folder.Npy("s.npy", Tensor.From<float>(new Shape(2), [1, 2]));
        string wrongType = folder.Npy("t.npy", Tensor.Allocate(DataType.S32, new Shape(1, 2, 3)));
        CommandRun.Edge("run", model).FailedWith(1, "0 input files are given, the model has 1 inputs: a:f32[1,2,3]");
        CommandRun.Edge("run", model, wrongShape).FailedWith(1, "EC3002 input 0 'a': a tensor f32[2] is given, the model expects f32[1,2,3]");
        CommandRun.Edge("run", model, wrongType).FailedWith(1, "EC3002 input 0 'a': a tensor s32[1,2,3]");
        CommandRun.Edge("run", model, folder.Path("missing.npy")).FailedWith(1, "EC4001");
        CommandRun.Edge("run", model, folder.Text("photo.jpg", "no photo")).FailedWith(1, "carries no image preprocessing");
        CommandRun.Edge("run", model, wrongShape, "--backend", "vulkan").FailedWith(1, "error: EC"); // no Vulkan here, or the wrong shape
    }

    [Fact]
    public void ImagesBecomeClassesWithLabelsAndProbabilities()
    {
        using var folder = new TestFolder();
        string model = Classifier(folder);
        string image = folder.Bytes("image.png", Png(0, 0, 200, 100));
        CommandRun text = CommandRun.Edge("run", model, image, "--top", "2").Succeeded();
        Assert.Contains("third", text.Output, StringComparison.Ordinal);
        JsonElement top = CommandRun.Edge("run", model, image, image, "--top", "2", "--json").Succeeded().Json().GetProperty("runs")[1].GetProperty("outputs")[0].GetProperty("top")[0];
        Assert.Equal(["third", "fourth"], top.EnumerateArray().Select(t => t.GetProperty("label").GetString()));
        // Scores 2, 1, 0, 0 after the scale of 0.01.
        double expected = Math.Exp(2) / (Math.Exp(2) + Math.Exp(1) + 2);
        Assert.Equal(expected, top[0].GetProperty("probability").GetDouble(), 5);
    }

    [Fact]
    public void SeveralImagesGoToFoldersOfTheirOwn()
    {
        using var folder = new TestFolder();
        string model = Classifier(folder);
        CommandRun.Edge("run", model, folder.Bytes("a.png", Png(0, 0, 200, 100)), folder.Bytes("b.png", Png(50, 0, 0, 0)), "--output-dir", folder.Path("out")).Succeeded();
        Assert.Equal([0, 0, 2, 1], NpyFile.Read(folder.Path("out/0_a/output_0.npy")).ToArray<float>());
        Assert.Equal([0.5f, 0, 0, 0], NpyFile.Read(folder.Path("out/1_b/output_0.npy")).ToArray<float>());
    }

    [Fact]
    public void DamagedImagesAreRefused()
    {
        using var folder = new TestFolder();
        string model = Classifier(folder);
        byte[] png = Png(0, 0, 200, 100);
        CommandRun.Edge("run", model, folder.Text("a.png", "no image")).FailedWith(1, "neither a .npy file nor an image");
        CommandRun.Edge("run", model, folder.Bytes("b.png", png[..(png.Length / 2)])).FailedWith(1, "EC4001");
    }

    [Fact]
    public void ImagesCanBeDrawn()
    {
        using var folder = new TestFolder();
        CommandRun run = CommandRun.Edge("run", Classifier(folder), folder.Bytes("image.png", Png(255, 0, 0, 255)), "--draw").Succeeded();
        Assert.StartsWith("▀▄\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void BenchPrintsTheContract()
    {
        using var folder = new TestFolder();
        JsonElement json = CommandRun.Edge("bench", Convert(folder, folder.Model()), "--warmup", "1", "--runs", "5", "--threads", "1", "--json").Succeeded().Json();
        Assert.Equal(
            ["model", "backend", "threads", "runs", "latency_ms", "cold_start_ms", "arena_bytes", "weights_bytes", "peak_rss_bytes", "allocated_bytes_per_run", "first_runs_ms"],
            json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["min", "median", "p95", "max"], json.GetProperty("latency_ms").EnumerateObject().Select(p => p.Name));
        Assert.Equal(5, json.GetProperty("runs").GetInt32());
        Assert.Equal(0, json.GetProperty("allocated_bytes_per_run").GetInt64());
        Assert.True(json.GetProperty("peak_rss_bytes").GetInt64() > 1 << 20);
    }

    [Fact]
    public void BenchPrintsLayers()
    {
        using var folder = new TestFolder();
        CommandRun run = CommandRun.Edge("bench", Convert(folder, folder.Model()), "--runs", "2", "--layers").Succeeded();
        Assert.Contains("relu_f32_", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void InspectTellsWhatIsInside()
    {
        using var folder = new TestFolder();
        string model = Classifier(folder);
        JsonElement json = CommandRun.Edge("inspect", model, "--json", "--plan").Succeeded().Json();
        Assert.Equal("image", json.GetProperty("inputs")[0].GetProperty("name").GetString());
        Assert.Equal(4, json.GetProperty("labels").GetArrayLength());
        Assert.Equal("pixels.onnx", json.GetProperty("provenance").GetProperty("source").GetString());
        Assert.True(json.GetProperty("plan").GetArrayLength() > 0);
        CommandRun text = CommandRun.Edge("inspect", model, "--plan").Succeeded();
        Assert.Contains("arena", text.Output, StringComparison.Ordinal);
        Assert.Contains("kernel row", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void DoctorListsRowsAndKnobs()
    {
        JsonElement json = CommandRun.Edge("doctor", "--json").Succeeded().Json();
        Assert.Contains(json.GetProperty("tables").EnumerateArray(), t => t.GetProperty("family").GetString() == "relu");
        Assert.Contains("EDGE_CPU", CommandRun.Edge("doctor").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void DoctorChecksGoldenSamples()
    {
        using var folder = new TestFolder();
        string model = Convert(folder, folder.Model());
        Assert.Contains("passed", CommandRun.Edge("doctor", model).Succeeded().Output, StringComparison.Ordinal);
        ModelFile file = EdgeReader.Read(model);
        GoldenSample golden = file.Goldens[0];
        Tensor wrong = golden.Outputs[0].Values.Clone();
        wrong.Span<float>()[0] += 1;
        EdgeWriter.Write(file with { Goldens = [golden with { Outputs = [GoldenOutput.Of(wrong, isExact: false)] }] }, folder.Path("wrong.edge"));
        CommandRun.Edge("doctor", folder.Path("wrong.edge")).FailedWith(1, "EC3005");
    }

    [Fact]
    public void AModelThatComputesSomethingElseHereIsNotRun()
    {
        using var folder = new TestFolder();
        ModelFile file = EdgeReader.Read(Convert(folder, folder.Model()));
        GoldenSample golden = file.Goldens[0];
        Tensor wrong = golden.Outputs[0].Values.Clone();
        wrong.Span<float>()[0] += 1;
        string path = folder.Path("wrong.edge");
        EdgeWriter.Write(file with { Goldens = [golden with { Outputs = [GoldenOutput.Of(wrong, isExact: false)] }] }, path);
        string input = folder.Npy("x.npy", golden.InputValues()[0]);
        (string, string) cache = ("EDGE_CACHE", folder.Path("cache"));
        CommandRun.Start("Edge.Cli/release/edge", ["run", path, input], [cache]).FailedWith(1, "EC3005");
        CommandRun.Start("Edge.Cli/release/edge", ["run", path, input], [cache, ("EDGE_SELFTEST", "off")]).Succeeded();
        CommandRun.Start("Edge.Cli/release/edge", ["run", path, input], [cache, ("EDGE_SELFTEST", "never")]).FailedWith(2, "EC4002");
        CommandRun.Start("Edge.Cli/release/edge", ["run", folder.Path("converted.edge"), input], [cache]).Succeeded();
        Assert.Single(Directory.GetFiles(folder.Path("cache")));
    }

    [Fact]
    public void ABadKnobIsExplained() =>
        CommandRun.Start("Edge.Cli/release/edge", ["doctor"], [("EDGE_CPU", "Avx2,nonsense")]).FailedWith(1, "error: EDGE_CPU: 'Avx2' is not");

    private static string Convert(TestFolder folder, string onnx, params string[] options)
    {
        string path = folder.Path("converted.edge");
        CommandRun.Convert([onnx, "-o", path, .. options]).Succeeded();
        return path;
    }

    private static string Classifier(TestFolder folder) => Convert(
        folder,
        folder.PixelClassifier(),
        "--labels",
        folder.Text("labels.txt", "first\nsecond\nthird\nfourth\n\n"),
        "--preprocess",
        folder.Text("p.json", """{"image":{"width":2,"height":2,"channels":"gray","scale":0.01}}"""));

    /// <summary>Transposed to [1,3,2], negative values cut off.</summary>
    private static float[] Expected(Tensor input)
    {
        float[] x = input.ToArray<float>();
        return [.. new[] { x[0], x[3], x[1], x[4], x[2], x[5] }.Select(v => Math.Max(v, 0))];
    }

    /// <summary>A gray PNG of 2 x 2 pixels.</summary>
    private static byte[] Png(params byte[] gray)
    {
        using var bitmap = new SKBitmap(2, 2);
        for (int i = 0; i < 4; i++)
        {
            bitmap.SetPixel(i % 2, i / 2, new SKColor(gray[i], gray[i], gray[i]));
        }
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
