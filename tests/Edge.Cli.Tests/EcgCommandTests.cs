using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Cli.Tests;

public sealed class EcgCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-ecg-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void DetectsAndScoresASyntheticRecord()
    {
        int peaks = WriteRecord(seconds: 120);
        string beats = Path.Combine(_folder, "r.qrs");
        CommandRun.Edge("ecg", "detect", Path.Combine(_folder, "r"), "--out", beats).Succeeded();
        int found = WfdbAnnotationReader.Read(beats).Items.Count(a => a.Code == AnnotationCode.Normal);
        // The first beats teach the detector.
        Assert.InRange(found, peaks - 4, peaks);
        CommandRun score = CommandRun.Edge("ecg", "score", Path.Combine(_folder, "r.atr"), beats, "--start", "10", "--window", "50").Succeeded();
        Assert.Contains("100.00", score.Output, StringComparison.Ordinal);
        Assert.StartsWith("{", CommandRun.Edge("ecg", "score", Path.Combine(_folder, "r.atr"), beats, "--json").Succeeded().Output.TrimStart(), StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingRecordIsNamed()
    {
        CommandRun run = CommandRun.Edge("ecg", "detect", Path.Combine(_folder, "absent"), "--out", Path.Combine(_folder, "x.qrs"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("absent", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "x.qrs")));
    }

    /// <summary>Writes a record and its true R peaks; returns their number.</summary>
    private int WriteRecord(int seconds)
    {
        using var source = new SyntheticEcg(new SyntheticEcgOptions { Noise = 0.02 });
        int peaks = 0;
        var signal = new WfdbSignal { File = "r.dat", Format = 16, Gain = 1000 };
        using (var record = new WfdbWriter(Path.Combine(_folder, "r"), source.SampleRate, [signal]))
        using (var annotations = new WfdbAnnotationWriter(Path.Combine(_folder, "r.atr")))
        {
            for (int i = 0; i < seconds * source.SampleRate; i++)
            {
                float sample = source.Next(out bool isPeak);
                record.Write([sample]);
                if (isPeak)
                {
                    annotations.Write(new WfdbAnnotation(i, AnnotationCode.Normal));
                    peaks++;
                }
            }
        }
        return peaks;
    }
}
