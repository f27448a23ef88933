using Edge.Runtime.Format;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Testing;

namespace Edge.Cli.Tests;

public class TuneCommandTests
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
        EcgCommandTests.Record(folder, "a", seed: 1);
        WfdbAnnotation[] beats = [.. WfdbAnnotationReader.Read(folder.Path("a.atr")).Items];
        using (var writer = new WfdbAnnotationWriter(folder.Path("a.atr"), 360))
        {
            for (int i = 0; i < beats.Length; i++)
            {
                writer.Write(beats[i] with { Code = i % 3 == 0 ? AnnotationCode.PrematureVentricular : AnnotationCode.Normal });
            }
        }
        CommandRun.Edge("ecg", "train", folder.Path(""), "--records", "all", "--epochs", "1", "-o", folder.Path("beats.edge")).Succeeded();
        CommandRun table = CommandRun.Edge("ecg", "personalize", folder.Path(""), "--model", folder.Path("beats.edge"), "--records", "a", "--replay", "a", "--minutes", "1", "--epochs", "2").Succeeded();
        Assert.Contains("mean gain", table.Output, StringComparison.Ordinal);
        CommandRun.Edge("ecg", "personalize", folder.Path(""), "--model", folder.Path("beats.edge"), "--records", "b", "--replay", "a").FailedWith(1, "no record 'b'");
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
