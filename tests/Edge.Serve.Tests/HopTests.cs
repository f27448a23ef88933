using System.Text.RegularExpressions;
using Edge.Runtime;
using Edge.Runtime.Execution;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Streaming;
using static Edge.Serve.Tests.TestStreams;

namespace Edge.Serve.Tests;

/// <summary>Models on windows that overlap.</summary>
public class HopTests
{
    /// <summary>Windows that overlap are computed by hops: the same classes at the same places, also behind a gap.</summary>
    [Fact]
    public void HopsGiveWhatWindowsGive()
    {
        using var folder = new TemporaryFolder();
        string model = TestModels.WriteWindows(folder.Path("w.edge"));
        using InferenceSession whole = EdgeModel.Open(model).CreateSession(new SessionOptions { Threads = 1 });
        StreamResult[] Classes(HopUse hops)
        {
            var recorder = new Recorder();
            using var stream = new EcgStream(new EcgOptions
            {
                Live = Fast,
                Open = () => new Broken(new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * 60 }), 360 * 20, 360 * 22),
                Model = model,
                Top = 4,
                Hops = hops,
            });
            stream.Listen(recorder);
            Run(stream);
            ModelInstance instance = stream.Model!.Current;
            Assert.Equal(hops == HopUse.Always ? "hops of 8 samples, as configured" : "whole windows, as configured", instance.HopChoice);
            Assert.Equal(hops == HopUse.Always ? instance.Hops!.Bytes.Arena + instance.Hops.Bytes.Kept : whole.Plan.ArenaBytes, instance.FeatureMapBytes);
            return [.. recorder.Results.Where(r => r.Kind == "classes")];
        }
        StreamResult[] expected = Classes(HopUse.Never);
        StreamResult[] found = Classes(HopUse.Always);
        Assert.InRange(found.Length, 200, 270);
        Assert.Equal(expected.Select(r => r.Position), found.Select(r => r.Position));
        Assert.All(expected.Zip(found), p => Assert.All(
            p.First.Classes!.OrderBy(c => c.Index).Zip(p.Second.Classes!.OrderBy(c => c.Index)), c => Assert.Equal(c.First.Probability, c.Second.Probability, 1e-4)));
    }

    /// <summary>A model by hops that takes over in the middle of a stream first catches up with a window: no result is missing or another one.</summary>
    [Fact]
    public void AModelByHopsThatTakesOverCatchesUp()
    {
        using var folder = new TemporaryFolder();
        string model = TestModels.WriteWindows(folder.Path("w.edge"));
        StreamResult[] Classes(HopUse hops, int swapAt)
        {
            EcgStream? stream = null;
            int seen = 0;
            var recorder = new Recorder { Then = r => _ = r.Kind == "classes" && ++seen == swapAt ? stream!.Model!.Offer(model) : null };
            using (stream = new EcgStream(new EcgOptions { Live = Fast, Open = () => new SyntheticEcg(new SyntheticEcgOptions { Length = 360 * 30 }), Model = model, Top = 4, Hops = hops }))
            {
                stream.Listen(recorder);
                Run(stream);
            }
            Assert.Equal(swapAt > 0, recorder.Results.Any(r => r.Text?.StartsWith("swapped", StringComparison.Ordinal) == true));
            return [.. recorder.Results.Where(r => r.Kind == "classes")];
        }
        StreamResult[] expected = Classes(HopUse.Never, 0);
        StreamResult[] found = Classes(HopUse.Always, 50);
        Assert.InRange(found.Length, 100, 140);
        Assert.Equal(expected.Select(r => r.Position), found.Select(r => r.Position));
        Assert.All(expected.Zip(found), p => Assert.All(
            p.First.Classes!.OrderBy(c => c.Index).Zip(p.Second.Classes!.OrderBy(c => c.Index)), c => Assert.Equal(c.First.Probability, c.Second.Probability, 1e-4)));
    }

    /// <summary>What is measured decides, and is told; the other way is not held any more.</summary>
    [Fact]
    public void TheFasterWayIsChosenAndNamed()
    {
        using var folder = new TemporaryFolder();
        using ModelInstance instance = ModelInstance.Load(TestModels.WriteWindows(folder.Path("w.edge")), 1);
        long whole = instance.FeatureMapBytes;
        instance.PrepareHops(8, HopUse.WhereFaster);
        Match words = Regex.Match(instance.HopChoice!, @"^(hops of 8 samples|whole windows): a hop takes (\S+) ms, a window (\S+) ms$");
        Assert.True(words.Success, instance.HopChoice);
        Assert.Equal(words.Groups[1].Value == "whole windows", instance.Hops is null);
        Assert.Equal(instance.Hops is { } hops ? hops.Bytes.Arena + hops.Bytes.Kept : whole, instance.FeatureMapBytes);
        using ModelInstance other = ModelInstance.Load(TestModels.WriteWindows(folder.Path("w.edge")), 1);
        other.PrepareHops(63, HopUse.WhereFaster);
        Assert.StartsWith("whole windows: ", other.HopChoice, StringComparison.Ordinal);
        Assert.Null(other.Hops);
    }
}
