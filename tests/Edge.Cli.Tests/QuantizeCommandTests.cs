using System.IO.Compression;
using System.Text.Json;
using Edge.Kernels.Tensors;
using Edge.Testing;

namespace Edge.Cli.Tests;

public class QuantizeCommandTests
{
    private static readonly string LeNet = Path.Combine(RepositoryPaths.BundledModels, "lenet5.onnx");

    [Fact]
    public void QuantizesChecksAndCompares()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(6, 1, 32, 32), 1, 0, 1));
        CommandRun.Convert(LeNet, "-o", folder.Path("float.edge")).Succeeded();
        CommandRun run = CommandRun.Convert(LeNet, "-o", folder.Path("int8.edge"), "--int8", "--calibrate", samples).Succeeded();
        Assert.Contains("the same on every device", run.Output, StringComparison.Ordinal);
        CommandRun.Convert(LeNet, "-o", folder.Path("again.edge"), "--int8", "--calibrate", samples).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.Path("int8.edge")), File.ReadAllBytes(folder.Path("again.edge")));
        Assert.True(new FileInfo(folder.Path("int8.edge")).Length < 0.35 * new FileInfo(folder.Path("float.edge")).Length);
        CommandRun.Edge("doctor", folder.Path("int8.edge")).Succeeded();
        JsonElement json = CommandRun.Convert("compare", folder.Path("float.edge"), folder.Path("int8.edge"), "--data", samples, "--expected", folder.Text("classes.txt", "0\n1\n2\n3\n4\n5\n"), "--json").Succeeded().Json();
        Assert.Equal(6, json.GetProperty("samples").GetInt32());
        Assert.True(json.GetProperty("snr_db")[0].GetDouble() > 15);
        Assert.InRange(json.GetProperty("top1_b").GetDouble(), 0, 1);
    }

    [Fact]
    public void ArchivesOfArraysCalibrateAsTheArraysDo()
    {
        using var folder = new TestFolder();
        string first = folder.Npy("a.npy", RandomTensor.F32(new Shape(3, 1, 32, 32), 1, 0, 1));
        string second = folder.Npy("b.npy", RandomTensor.F32(new Shape(2, 1, 32, 32), 2, 0, 1));
        using (ZipArchive archive = ZipFile.Open(folder.Path("s.npz"), ZipArchiveMode.Create))
        {
            archive.CreateEntryFromFile(second, "b.npy");
            archive.CreateEntryFromFile(first, "a.npy");
        }
        Directory.CreateDirectory(folder.Path("s"));
        File.Move(first, folder.Path("s/a.npy"));
        File.Move(second, folder.Path("s/b.npy"));
        CommandRun.Convert(LeNet, "-o", folder.Path("archive.edge"), "--int8", "--calibrate", folder.Path("s.npz")).Succeeded();
        CommandRun.Convert(LeNet, "-o", folder.Path("folder.edge"), "--int8", "--calibrate", folder.Path("s")).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.Path("folder.edge")), File.ReadAllBytes(folder.Path("archive.edge")));
        CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", folder.Text("bad.npz", "no archive")).FailedWith(1, "EC4001");
    }

    [Fact]
    public void RecordingsCalibrateThroughTheModelsPreprocessing()
    {
        using var folder = new TestFolder();
        foreach (string name in new[] { "a", "b" })
        {
            EcgCommandTests.Record(folder, name, seed: name[0]);
        }
        string model = folder.ModelOf("rhythm.onnx", TestFolder.MakeNode("Relu", "x", "y"));
        string windows = folder.Text("p.json", """{"signal":{"window":4,"hop":2,"sample_rate":4,"low_pass":1}}""");
        JsonElement folders = CommandRun.Convert(model, "-o", folder.Path("m.edge"), "--preprocess", windows, "--int8", "--calibrate", folder.Path(""), "--json").Succeeded().Json();
        Assert.InRange(folders.GetProperty("int8").GetProperty("samples").GetInt32(), 100, 120);
        byte[] first = File.ReadAllBytes(folder.Path("m.edge"));
        CommandRun.Convert(model, "-o", folder.Path("m.edge"), "--preprocess", windows, "--int8", "--calibrate", folder.Path("")).Succeeded();
        Assert.Equal(first, File.ReadAllBytes(folder.Path("m.edge")));
        string beats = folder.Text("b.json", """{"signal":{"window":4,"sample_rate":36,"before_beat":1}}""");
        JsonElement record = CommandRun.Convert(model, "-o", folder.Path("m.edge"), "--preprocess", beats, "--int8", "--calibrate", folder.Path("a"), "--json").Succeeded().Json();
        Assert.InRange(record.GetProperty("int8").GetProperty("samples").GetInt32(), 30, 37);
        CommandRun.Convert(model, "-o", folder.Path("m.edge"), "--int8", "--calibrate", folder.Path("a.hea")).FailedWith(1, "window and sample_rate");
        CommandRun.Convert(model, "-o", folder.Path("m.edge"), "--preprocess", windows, "--int8", "--calibrate", folder.Path("missing.hea")).FailedWith(1, "EC5001");
    }

    [Fact]
    public void RealRecordsCalibrate()
    {
        string record = Path.Combine(RepositoryPaths.Recordings ?? "", "mitdb", "100");
        Assert.SkipWhen(!File.Exists($"{record}.hea"), "no MIT-BIH records: set EDGE_DATA to a folder with mitdb/");
        string ecg = Path.Combine(RepositoryPaths.Models ?? "", "ecg", "ecg_mitbih_aami5_256_adii.onnx");
        Assert.SkipWhen(!File.Exists(ecg), "no trained models: set EDGE_MODELS to a folder of them");
        using var folder = new TestFolder();
        string spec = folder.Text("p.json", """{"signal":{"window":256,"before_beat":128,"sample_rate":360,"standardize":true}}""");
        JsonElement json = CommandRun.Convert(ecg, "-o", folder.Path("m.edge"), "--preprocess", spec, "--int8", "--calibrate", record, "--json").Succeeded().Json().GetProperty("int8");
        Assert.Equal(512, json.GetProperty("samples").GetInt32());
        Assert.True(json.GetProperty("output_snr_db")[0].GetDouble() > 15, json.ToString());
    }

    /// <summary>Beats that are annotated are judged by the model's labels; see docs/quantization.md.</summary>
    [Fact]
    public void AnnotationsTellWhichAnswersAreRight()
    {
        using var folder = new TestFolder();
        EcgCommandTests.Record(folder, "a", seed: 1);
        string model = folder.ModelOf("rhythm.onnx", TestFolder.MakeNode("Relu", "x", "y"));
        string beats = folder.Text("b.json", """{"signal":{"window":4,"sample_rate":36,"before_beat":1}}""");
        CommandRun Run(string labels, params string[] more) => CommandRun.Convert(
            [model, "-o", folder.Path("m.edge"), "--preprocess", beats, "--labels", folder.Text("labels.txt", labels), "--int8", "--calibrate", folder.Path("a"), "--budget", "f1:100", "--json", .. more]);
        CommandRun groups = Run("V\nN\nS\nF\n").Succeeded();
        JsonElement budget = groups.Json().GetProperty("int8").GetProperty("budget");
        Assert.InRange(budget.GetProperty("known_classes").GetInt32(), 30, 37);
        JsonElement compared = CommandRun.Convert("compare", folder.Path("m.edge"), folder.Path("m.edge"), "--data", folder.Path("a"), "--json").Succeeded().Json();
        // The R peak is the second of four samples: all beats are normal, and so are most answers.
        Assert.InRange(compared.GetProperty("top1_a").GetDouble(), 0.8, 1);
        Assert.Equal(compared.GetProperty("f1_a").GetDouble(), compared.GetProperty("f1_b").GetDouble());
        Assert.Contains("neither EC57 groups", Run("a\nb\nc\nd\n").Succeeded().Errors, StringComparison.Ordinal);
        Run("V\nS\nF\nQ\n").FailedWith(1, "none of the");
        Assert.DoesNotContain("EC57", Run("a\nb\nc\nd\n", "--expected", folder.Text("c.txt", string.Concat(Enumerable.Repeat("1\n", budget.GetProperty("known_classes").GetInt32())))).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void TargetsBoundWhatIsAddedToTheError()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(6, 1, 32, 32), 1, 0, 1));
        string targets = folder.Npy("targets.npy", RandomTensor.F32(new Shape(6, 10), 2, 0, 1));
        CommandRun Run(string file, string budget) => CommandRun.Convert(
            LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", samples, "--budget", budget, "--targets", file, "--json");
        JsonElement budget = Run(targets, "mse:100").Succeeded().Json().GetProperty("int8").GetProperty("budget");
        (double before, double after) = (budget.GetProperty("target_error_float32").GetDouble(), budget.GetProperty("target_error_int8").GetDouble());
        Assert.True(before > 0.1);
        Assert.Equal(after - before, budget.GetProperty("final").GetDouble(), 1e-9);
        CommandRun.Convert(LeNet, "-o", folder.Path("float.edge")).Succeeded();
        JsonElement compared = CommandRun.Convert("compare", folder.Path("float.edge"), folder.Path("m.edge"), "--data", samples, "--targets", targets, "--json").Succeeded().Json();
        Assert.Equal(before, compared.GetProperty("target_error_a").GetDouble(), 1e-4 * before);
        Assert.Equal(after, compared.GetProperty("target_error_b").GetDouble(), 1e-4 * after);
        Run(folder.Npy("few.npy", RandomTensor.F32(new Shape(5, 10), 2, 0, 1)), "mse:100").FailedWith(1, "expected numbers of shape");
        Run(targets, "top1:1").FailedWith(2, "--budget mse");
    }

    [Fact]
    public void TheReportIsOneFileThatNamesEveryLayer()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(4, 1, 32, 32), 1, 0, 1));
        JsonElement report = CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", samples, "--report", folder.Path("report.html"), "--json")
            .Succeeded().Json().GetProperty("int8").GetProperty("report");
        string html = File.ReadAllText(folder.Path("report.html"));
        foreach (JsonElement layer in report.GetProperty("layers").EnumerateArray())
        {
            Assert.Contains($"&#39;{layer.GetProperty("node").GetString()}&#39;", html, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.True(report.GetProperty("pareto").GetArrayLength() > 2);
        Assert.True(report.GetProperty("worst_samples").GetArrayLength() > 0);
    }

    /// <summary>What <c>--emit-qdq</c> writes is a QDQ model that comes back as the same integers.</summary>
    [Fact]
    public void EmittedPairsComeBackAsTheSameModel()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(4, 1, 32, 32), 1, 0, 1));
        CommandRun.Convert(LeNet, "-o", folder.Path("int8.edge"), "--int8", "--calibrate", samples, "--emit-qdq", folder.Path("m.qdq.onnx")).Succeeded();
        JsonElement int8 = CommandRun.Convert(folder.Path("m.qdq.onnx"), "-o", folder.Path("back.edge"), "--json").Succeeded().Json().GetProperty("int8");
        Assert.True(int8.GetProperty("same_bits_everywhere").GetBoolean());
        JsonElement json = CommandRun.Convert("compare", folder.Path("int8.edge"), folder.Path("back.edge"), "--data", samples, "--json").Succeeded().Json();
        Assert.Equal(200, json.GetProperty("snr_db")[0].GetDouble());
        CommandRun.Convert(LeNet, "-o", folder.Path("x.edge"), "--emit-qdq", folder.Path("x.onnx")).FailedWith(2, "EC4002");
    }

    [Fact]
    public void JsonTellsWhatWasQuantized()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(2, 1, 32, 32), 1, 0, 1));
        JsonElement json = CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", samples, "--method", "minmax", "--json").Succeeded().Json().GetProperty("int8");
        Assert.Equal(2, json.GetProperty("samples").GetInt32());
        Assert.True(json.GetProperty("same_bits_everywhere").GetBoolean());
        Assert.Equal("MinMax", json.GetProperty("ranges")[0].GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("missing.npy", "no such file or folder")]
    [InlineData("wrong.npy", "expected numbers of shape [1,1,32,32]")]
    [InlineData("empty", "holds no .npy")]
    [InlineData("images", "give --preprocess")]
    public void SamplesThatDoNotFitAreRefused(string name, string problem)
    {
        using var folder = new TestFolder();
        folder.Npy("wrong.npy", RandomTensor.F32(new Shape(3, 1, 28, 28), 1));
        Directory.CreateDirectory(folder.Path("empty"));
        Directory.CreateDirectory(folder.Path("images"));
        folder.Text(Path.Combine("images", "a.png"), "no image");
        CommandRun run = CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--calibrate", folder.Path(name)).FailedWith(1, "EC4001");
        Assert.Contains(problem, run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Path("m.edge")));
    }

    [Fact]
    public void DynamicQuantizationNeedsNoSamples()
    {
        using var folder = new TestFolder();
        string samples = folder.Npy("samples.npy", RandomTensor.F32(new Shape(6, 1, 32, 32), 1, 0, 1));
        CommandRun.Convert(LeNet, "-o", folder.Path("float.edge")).Succeeded();
        CommandRun run = CommandRun.Convert(LeNet, "-o", folder.Path("m.edge"), "--int8", "--dynamic").Succeeded();
        Assert.Contains("4 products quantize their input in the run, 1 stay in float32", run.Output, StringComparison.Ordinal);
        JsonElement json = CommandRun.Convert(LeNet, "-o", folder.Path("again.edge"), "--int8", "--dynamic", "--json").Succeeded().Json();
        JsonElement dynamic = json.GetProperty("int8_dynamic");
        Assert.Equal(4, dynamic.GetProperty("quantized").EnumerateObject().Sum(p => p.Value.GetInt32()));
        Assert.Contains("10 multiply-adds", dynamic.GetProperty("float32")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(dynamic.GetProperty("golden_change").GetDouble(), 0, 0.1);
        Assert.Equal(File.ReadAllBytes(folder.Path("m.edge")), File.ReadAllBytes(folder.Path("again.edge")));
        Assert.True(new FileInfo(folder.Path("m.edge")).Length < 0.35 * new FileInfo(folder.Path("float.edge")).Length);
        CommandRun.Edge("doctor", folder.Path("m.edge")).Succeeded();
        CommandRun.Convert(LeNet, "-o", folder.Path("x.edge"), "--int8", "--dynamic", "--keep-float", "nobody").FailedWith(2, "no node 'nobody'");
        JsonElement compared = CommandRun.Convert("compare", folder.Path("float.edge"), folder.Path("m.edge"), "--data", samples, "--json").Succeeded().Json();
        Assert.True(compared.GetProperty("snr_db")[0].GetDouble() > 25, compared.ToString());
    }

    [Theory]
    [InlineData("--int8 and", "--dynamic")]
    [InlineData("--calibrate", "--int8", "--dynamic", "--calibrate", "x.npy")]
    [InlineData("--budget", "--int8", "--dynamic", "--budget", "snr:20")]
    [InlineData("--emit-qdq", "--int8", "--dynamic", "--emit-qdq", "x.onnx")]
    [InlineData("--report", "--int8", "--dynamic", "--report", "x.html")]
    [InlineData("--method", "--int8", "--dynamic", "--method", "mse")]
    [InlineData("--int16", "--int8", "--dynamic", "--int16", "all")]
    [InlineData("--weights", "--int8", "--dynamic", "--weights", "f16")]
    public void DynamicQuantizationHasNoUseForSamples(string named, params string[] arguments)
    {
        CommandRun run = CommandRun.Convert([LeNet, "-o", Path.Combine(Path.GetTempPath(), "never.edge"), .. arguments]).FailedWith(2, "EC4002");
        Assert.Contains(named.Split(' ')[0], run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m.onnx", "--int8")]
    [InlineData("m.onnx", "--int8", "--calibrate", "x.npy", "--method", "best of all")]
    [InlineData("compare", "a.edge", "b.edge")]
    public void WrongUsageEndsWithTwo(params string[] arguments) => CommandRun.Convert(arguments).FailedWith(2, "error: ");
}
