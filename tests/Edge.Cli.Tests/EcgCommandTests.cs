using System.Text.Json;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Cli.Tests;

public class EcgCommandTests
{
    private const int Rate = 360;

    [Fact]
    public void DetectAndScoreOneRecord()
    {
        using var folder = new TestFolder();
        int beats = Record(folder, "a", seed: 1);
        JsonElement detected = CommandRun.Edge("ecg", "detect", folder.Path("a"), "--out", folder.Path("a.qrs"), "--json").Succeeded().Json()[0];
        Assert.InRange(detected.GetProperty("beats").GetInt32(), beats - 2, beats + 1);
        Assert.Equal(72, detected.GetProperty("heart_rate").GetDouble(), 2.0);
        Assert.InRange(detected.GetProperty("latency_seconds").GetDouble(), 0.1, 1);
        JsonElement score = CommandRun.Edge("ecg", "score", folder.Path("a.atr"), folder.Path("a.qrs"), "--start", "5", "--json").Succeeded().Json();
        Assert.Equal(1, score.GetProperty("gross").GetProperty("sensitivity").GetDouble());
        Assert.Equal(1, score.GetProperty("gross").GetProperty("positive_predictivity").GetDouble());
        Assert.Equal(score.GetProperty("gross").GetProperty("true_positives").GetInt64(), score.GetProperty("gross").GetProperty("matrix")[0][0].GetInt64());
        string narrow = CommandRun.Edge("ecg", "score", folder.Path("a.atr"), folder.Path("a.qrs"), "--start", "5", "--window", "50").Succeeded().Output;
        Assert.Contains("100.00  100.00", narrow, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderHasAGrossLine()
    {
        using var folder = new TestFolder();
        Record(folder, "a", seed: 1);
        Record(folder, "b", seed: 2);
        string[] records = CommandRun.Edge("ecg", "detect", folder.Path(""), "--out", folder.Path("out")).Succeeded().Output.Split('\n');
        Assert.Equal(["record", "a", "b", ""], records.Select(l => l.Split(' ')[0]));
        string[] lines = CommandRun.Edge("ecg", "score", folder.Path(""), folder.Path("out"), "--start", "5").Succeeded().Output.Split('\n');
        Assert.Equal(["record", "a", "b", "gross", "average", ""], lines.Select(l => l.Split(' ')[0]));
        File.Delete(folder.Path("out/b.qrs"));
        CommandRun.Edge("ecg", "score", folder.Path(""), folder.Path("out")).FailedWith(1, "b.qrs");
    }

    /// <summary>The model's scores are the four samples around the beat: the R peak, at index 1, is the highest.</summary>
    [Fact]
    public void BeatsAreClassifiedByTheModel()
    {
        using var folder = new TestFolder();
        int beats = Record(folder, "a", seed: 1);
        string model = folder.ModelOf("beats.onnx", TestFolder.MakeNode("Relu", "x", "y"));
        string preprocess = folder.Text("p.json", """{"signal":{"window":4,"sample_rate":36,"before_beat":1}}""");
        CommandRun.Convert(model, "--preprocess", preprocess, "--labels", folder.Text("labels.txt", "A\nV\nN\nF\n")).Succeeded();
        CommandRun run = CommandRun.Edge("ecg", "classify", folder.Path("a"), "--model", folder.Path("beats.edge"), "--out", folder.Path("a.cls"), "--json").Succeeded();
        Assert.InRange(run.Json().GetProperty("classes").GetProperty("V").GetInt32(), beats - 3, beats);
        IReadOnlyList<WfdbAnnotation> written = WfdbAnnotationReader.Read(folder.Path("a.cls")).Items;
        Assert.InRange(written.Count(a => a.Code == AnnotationCode.PrematureVentricular), beats - 3, beats);
        string table = CommandRun.Edge("ecg", "score", folder.Path("a.atr"), folder.Path("a.cls"), "--start", "5").Succeeded().Output;
        Assert.Contains("VEB +P", table, StringComparison.Ordinal);
        JsonElement given = CommandRun.Edge("ecg", "classify", folder.Path("a"), "--model", folder.Path("beats.edge"), "--beats", folder.Path("a.atr"), "--json").Succeeded().Json();
        Assert.Equal(beats, given.GetProperty("classified").GetInt32() + given.GetProperty("skipped").GetInt32());
        Assert.Contains("1 samples before each beat", CommandRun.Edge("inspect", folder.Path("beats.edge")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void WindowsAreClassifiedByHop()
    {
        using var folder = new TestFolder();
        Record(folder, "a", seed: 1);
        string model = folder.ModelOf("rhythm.onnx", TestFolder.MakeNode("Relu", "x", "y"));
        CommandRun.Convert(model, "--preprocess", folder.Text("p.json", """{"signal":{"window":4,"hop":2,"sample_rate":4,"low_pass":1}}""")).Succeeded();
        JsonElement run = CommandRun.Edge("ecg", "classify", folder.Path("a"), "--model", folder.Path("rhythm.edge"), "--out", folder.Path("a.win"), "--json").Succeeded().Json();
        Assert.InRange(run.GetProperty("classified").GetInt32(), 50, 60);
        Assert.All(WfdbAnnotationReader.Read(folder.Path("a.win")).Items, a => Assert.Equal(AnnotationCode.Comment, a.Code));
    }

    [Fact]
    public void ProblemsAreNamed()
    {
        using var folder = new TestFolder();
        Record(folder, "a", seed: 1);
        CommandRun.Edge("ecg", "detect", folder.Path("nothing")).FailedWith(1, "EC5001");
        CommandRun.Edge("ecg", "detect", folder.Path("a"), "--channel", "3").FailedWith(2, "EC4002");
        CommandRun.Edge("ecg", "detect", folder.Path("a"), "--out", folder.Path("no/folder/a.qrs")).FailedWith(1, "EC5005");
        CommandRun.Edge("ecg", "score", folder.Path("a.atr"), folder.Path("a.hea")).FailedWith(1, "EC5002");
        CommandRun.Edge("ecg", "score", folder.Path(""), folder.Path("a.atr")).FailedWith(1, "EC4001");
        CommandRun.Convert(folder.Model()).Succeeded();
        CommandRun.Edge("ecg", "classify", folder.Path("a"), "--model", folder.Path("model.edge")).FailedWith(1, "signal preprocessing");
    }

    /// <summary>A record of 30 s with its R peaks as .atr.</summary>
    /// <returns>How many there are.</returns>
    internal static int Record(TestFolder folder, string name, int seed)
    {
        using var source = new SyntheticEcg(new SyntheticEcgOptions { SampleRate = Rate, Noise = 0.02, Seed = seed });
        using var writer = new WfdbWriter(folder.Path(name), Rate, [new WfdbSignal { File = "", Format = 212, Description = "lead" }]);
        using var annotations = new WfdbAnnotationWriter(folder.Path($"{name}.atr"));
        int beats = 0;
        for (int i = 0; i < 30 * Rate; i++)
        {
            writer.Write([source.Next(out bool isPeak)]);
            if (isPeak)
            {
                annotations.Write(new WfdbAnnotation(i, AnnotationCode.Normal));
                beats++;
            }
        }
        return beats;
    }
}
