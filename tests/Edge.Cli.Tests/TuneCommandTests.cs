using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Testing;

namespace Edge.Cli.Tests;

public partial class TuneCommandTests
{
    [Fact]
    public void TunesAHeadAndAppliesAndUndoesTheDelta()
    {
        using var folder = new TestFolder();
        string model = LeNet(folder);
        string digits = Digits(folder);
        byte[] before = File.ReadAllBytes(model);
        CommandRun run = CommandRun.Edge(
            "tune", model, "--data", digits, "--holdout", "0", "--epochs", "3", "--delta", folder.Path("p.delta"), "-o", folder.Path("tuned.edge"), "--curve", folder.Path("c.html")).Succeeded();
        Assert.Contains("20 samples of 10 classes; 850 weights are trained", run.Output, StringComparison.Ordinal);
        Assert.Contains("epoch   3/3", run.Output, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(folder.Path("p.delta")).Length, 3400, 4000);
        Assert.Contains("<polyline", File.ReadAllText(folder.Path("c.html")), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(model));
        CommandRun.Edge("tune", "apply", model, folder.Path("p.delta")).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.Path("tuned.edge")), File.ReadAllBytes(model));
        CommandRun.Edge("tune", "apply", model, folder.Path("p.delta")).FailedWith(1, "EC7004");
        CommandRun.Edge("tune", "undo", model).Succeeded();
        Assert.Equal(before, File.ReadAllBytes(model));
        CommandRun.Edge("tune", "undo", model).FailedWith(1, "no previous model");
        string[] history = CommandRun.Edge("tune", "history", model).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["commit", "undo"], history.Select(l => l.Split(' ')[1]));
        CommandRun.Edge("doctor", folder.Path("tuned.edge")).Succeeded();
    }

    [Fact]
    public void ANewHeadLearnsNewClasses()
    {
        using var folder = new TestFolder();
        string digits = Digits(folder);
        CommandRun.Edge("tune", LeNet(folder), "--data", digits, "--classes", "3,5,7", "--holdout", "0", "--epochs", "20", "-o", folder.Path("three.edge")).Succeeded();
        Assert.Equal(["3", "5", "7"], EdgeReader.Read(folder.Path("three.edge")).Labels);
        string five = Directory.GetFiles(Path.Combine(digits, "5"))[0];
        Assert.Contains("5", CommandRun.Edge("run", folder.Path("three.edge"), five, "--top", "1").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void MemoryIsPlannedAndKept()
    {
        using var folder = new TestFolder();
        CommandRun.Edge("tune", LeNet(folder), "--data", Digits(folder), "--layers", "all", "--max-ram", "100K", "-o", folder.Path("o.edge")).FailedWith(1, "EC3003");
        CommandRun.Edge("tune", LeNet(folder), "--data", Digits(folder), "--layers", "all", "--max-ram", "much", "-o", folder.Path("o.edge")).FailedWith(2, "64M");
        Assert.False(File.Exists(folder.Path("o.edge")));
    }

    /// <summary>One file for both: how samples become inputs, and how those that are trained on are changed.</summary>
    [Fact]
    public void AugmentationIsPartOfThePreprocessingFile()
    {
        using var folder = new TestFolder();
        string models = RepositoryPaths.BundledModels;
        string pipeline = File.ReadAllText(Path.Combine(models, "lenet5.preprocess.json")).TrimEnd().TrimEnd('}') + ", \"augment\": {\"rotate\": 10, \"translate\": 0.1}}";
        folder.Text("pipeline.json", pipeline);
        CommandRun.Convert(Path.Combine(models, "lenet5.onnx"), "-o", folder.Path("m.edge"), "--preprocess", folder.Path("pipeline.json"), "--labels", Path.Combine(models, "mnist.labels.txt")).Succeeded();
        string[] arguments = ["tune", folder.Path("m.edge"), "--data", Digits(folder), "--holdout", "0", "--epochs", "1", "-o", folder.Path("o.edge"), "--augment"];
        CommandRun.Edge([.. arguments, folder.Path("pipeline.json")]).Succeeded();
        CommandRun.Edge([.. arguments, folder.Text("bad.json", "{\"augment\": {\"turn\": 3}}")]).FailedWith(1, "turn");
    }

    /// <summary>The command says before it starts what the process will take at its peak; the system says what it took.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("120M")]
    [InlineData("90M")]
    public void ThePlanIsWhatIsTaken(string? budget)
    {
        using var folder = new TestFolder();
        NoiseImages(folder, 1500);
        string[] limit = budget is null ? [] : ["--max-ram", budget];
        string[] arguments = ["tune", LeNet(folder), "--data", folder.Path("noise"), "--layers", "all", "--epochs", "1", "--batch", "1024", "-o", folder.Path("o.edge")];
        CommandRun run = CommandRun.Edge([.. arguments, .. limit]);
        Assert.True(run.ExitCode == 0 || run.Errors.Contains("EC7003", StringComparison.Ordinal), run.Errors); // noise may teach nothing
        double planned = double.Parse(PlannedPattern().Match(run.Output).Groups[1].Value, CultureInfo.InvariantCulture) * (1 << 20);
        Assert.InRange(run.PeakBytes / planned, 0.9, 1.1);
        Assert.True(budget is null || run.PeakBytes <= double.Parse(budget[..^1], CultureInfo.InvariantCulture) * (1 << 20), $"{run.PeakBytes} bytes were taken of {budget}");
    }

    [Fact]
    public void LayersInInt8AreTrainedAndBecomeInt8Again()
    {
        using var folder = new TestFolder();
        string models = RepositoryPaths.BundledModels;
        string digits = Digits(folder);
        Directory.CreateDirectory(folder.Path("calibration"));
        foreach (string file in Directory.GetFiles(digits, "*.png", SearchOption.AllDirectories))
        {
            File.Copy(file, folder.Path($"calibration/{Path.GetFileName(file)}"));
        }
        CommandRun.Convert(
            Path.Combine(models, "lenet5.onnx"), "-o", folder.Path("int8.edge"), "--preprocess", Path.Combine(models, "lenet5.preprocess.json"), "--labels", Path.Combine(models, "mnist.labels.txt"),
            "--int8", "--calibrate", folder.Path("calibration")).Succeeded();
        string[] Types(string path) => [.. EdgeReader.Read(folder.Path(path)).Graph.Nodes.Select(n => n.Operator.Kind)];
        string[] arguments = ["tune", folder.Path("int8.edge"), "--data", digits, "--layers", "last:2", "--holdout", "0", "--epochs", "5"];
        CommandRun run = CommandRun.Edge([.. arguments, "-o", folder.Path("again.edge")]).Succeeded();
        Assert.Contains("the trained layers are int8 again: accuracy on 20 samples 100.00", run.Output, StringComparison.Ordinal);
        Assert.Equal(Types("int8.edge"), Types("again.edge"));
        CommandRun.Edge("doctor", folder.Path("again.edge")).Succeeded();
        // Five classes instead of ten: a new head, and a budget that nothing keeps.
        CommandRun five = CommandRun.Edge([.. arguments, "--classes", "1,3,5,7,9", "--budget", "-1", "-o", folder.Path("five.edge")]).Succeeded();
        Assert.Contains("the trained layers stay float32", five.Output, StringComparison.Ordinal);
        Assert.Contains("Gemm", Types("five.edge"));
        Assert.Contains("QuantConv", Types("five.edge"));
        CommandRun.Edge("doctor", folder.Path("five.edge")).Succeeded();
        CommandRun.Edge([.. arguments, "--delta", folder.Path("d")]).FailedWith(2, "whole model");
    }

    [Fact]
    public void RecordsAreSamples()
    {
        using var folder = new TestFolder();
        RecordOfTwoClasses(folder);
        CommandRun.Edge("ecg", "train", folder.Path(""), "--records", "all", "--epochs", "1", "-o", folder.Path("beats.edge")).Succeeded();
        string[] arguments = ["tune", folder.Path("beats.edge"), "--epochs", "1", "--holdout", "0", "-o", folder.Path("o.edge")];
        Assert.Contains("samples of 5 classes", CommandRun.Edge([.. arguments, "--data", folder.Path("")]).Succeeded().Output, StringComparison.Ordinal);
        foreach (string name in new[] { "calm", "wild" })
        {
            Directory.CreateDirectory(folder.Path($"data/{name}"));
            foreach (string file in Directory.GetFiles(folder.Path(""), "a.*"))
            {
                File.Copy(file, folder.Path($"data/{name}/{Path.GetFileName(file)}"));
            }
        }
        CommandRun.Edge([.. arguments, "--data", folder.Path("data")]).Succeeded();
        Assert.Equal(["calm", "wild"], EdgeReader.Read(folder.Path("o.edge")).Labels);
    }

    [Fact]
    public void WhatCannotBeTrainedOnIsRefused()
    {
        using var folder = new TestFolder();
        string model = LeNet(folder);
        Directory.CreateDirectory(folder.Path("empty/a"));
        CommandRun.Edge("tune", model, "--data", folder.Path("empty"), "-o", folder.Path("o.edge")).FailedWith(1, "EC7001");
        CommandRun.Edge("tune", model, "--data", folder.Path("absent"), "-o", folder.Path("o.edge")).FailedWith(1, "no such folder");
        CommandRun.Edge("tune", model, "--data", Digits(folder), "--layers", "conv9", "-o", folder.Path("o.edge")).FailedWith(2, "no layer 'conv9'");
        CommandRun.Edge("tune", model, "--data", Digits(folder)).FailedWith(2, "-o OUT.edge");
        CommandRun.Edge("tune", model, "--data", Digits(folder), "--rate", "-1", "-o", folder.Path("o.edge")).FailedWith(2, "learning rate");
        CommandRun.Edge("tune", model, "--data", Digits(folder), "--layers", "all", "--optimizer", "sgd", "--rate", "1e30", "-o", folder.Path("o.edge")).FailedWith(1, "EC7002");
        Assert.False(File.Exists(folder.Path("o.edge")));
    }

    /// <summary>Beats of an artificial record, every third called ventricular: what matters is that both commands run through.</summary>
    [Fact]
    public void ABeatClassifierIsTrainedAndPersonalized()
    {
        using var folder = new TestFolder();
        RecordOfTwoClasses(folder);
        CommandRun.Edge("ecg", "train", folder.Path(""), "--records", "all", "--epochs", "1", "-o", folder.Path("beats.edge")).Succeeded();
        CommandRun table = CommandRun.Edge("ecg", "personalize", folder.Path(""), "--model", folder.Path("beats.edge"), "--records", "a", "--replay", "a", "--minutes", "1", "--epochs", "2").Succeeded();
        Assert.Contains("mean gain", table.Output, StringComparison.Ordinal);
        CommandRun.Edge("ecg", "personalize", folder.Path(""), "--model", folder.Path("beats.edge"), "--records", "b", "--replay", "a").FailedWith(1, "no record 'b'");
    }

    /// <summary>Beats of an artificial record, every third called ventricular.</summary>
    private static void RecordOfTwoClasses(TestFolder folder)
    {
        EcgCommandTests.Record(folder, "a", seed: 1);
        WfdbAnnotation[] beats = [.. WfdbAnnotationReader.Read(folder.Path("a.atr")).Items];
        using (var writer = new WfdbAnnotationWriter(folder.Path("a.atr"), 360))
        {
            for (int i = 0; i < beats.Length; i++)
            {
                writer.Write(beats[i] with { Code = i % 3 == 0 ? AnnotationCode.PrematureVentricular : AnnotationCode.Normal });
            }
        }
    }

    [GeneratedRegex(@"memory: ([\d.]+) MiB are planned")]
    private static partial Regex PlannedPattern();

    /// <summary>Images of noise as IDX files.</summary>
    private static void NoiseImages(TestFolder folder, int count)
    {
        Directory.CreateDirectory(folder.Path("noise"));
        var random = new Random(3);
        byte[] Header(byte dims, params int[] sizes) => [0, 0, 8, dims, .. sizes.SelectMany(s => BitConverter.GetBytes(s).Reverse())];
        var pixels = new byte[count * 28 * 28];
        random.NextBytes(pixels);
        folder.Bytes("noise/a-images-idx3-ubyte", [.. Header(3, count, 28, 28), .. pixels]);
        folder.Bytes("noise/a-labels-idx1-ubyte", [.. Header(1, count), .. Enumerable.Range(0, count).Select(i => (byte)(i % 10))]);
    }

    private static string LeNet(TestFolder folder)
    {
        string models = RepositoryPaths.BundledModels;
        CommandRun.Convert(
            Path.Combine(models, "lenet5.onnx"), "-o", folder.Path("lenet5.edge"), "--preprocess", Path.Combine(models, "lenet5.preprocess.json"),
            "--labels", Path.Combine(models, "mnist.labels.txt")).Succeeded();
        return folder.Path("lenet5.edge");
    }

    /// <summary>The 20 sample digits, a folder per class.</summary>
    private static string Digits(TestFolder folder)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "tools", "zoo", "samples"), "digit_*.png"))
        {
            string name = Path.GetFileName(file);
            string target = folder.Path($"digits/{name.Split('_')[1]}");
            Directory.CreateDirectory(target);
            File.Copy(file, Path.Combine(target, name), overwrite: true);
        }
        return folder.Path("digits");
    }
}
