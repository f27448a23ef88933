using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Tests.Signals;

public class SegmenterTests
{
    [Fact]
    public void WindowsStartAtMultiplesOfTheHop()
    {
        var segmenter = new WindowSegmenter(5, 3);
        var window = new float[5];
        var cuts = new List<(SignalWindow, float[])>();
        for (int i = 0; i < 15; i++)
        {
            if (segmenter.Next(i == 8 ? float.NaN : i, window, out SignalWindow cut))
            {
                cuts.Add((cut, [.. window]));
            }
        }
        Assert.Equal([new SignalWindow(0, true), new SignalWindow(3, true), new SignalWindow(6, false), new SignalWindow(9, true)], cuts.Select(c => c.Item1));
        Assert.Equal([3, 4, 5, 6, 7], cuts[1].Item2);
        Assert.Equal([9, 10, 11, 12, 13], cuts[3].Item2);
    }

    [Fact]
    public void BeatsMayComeLate()
    {
        var segmenter = new BeatSegmenter(length: 10, before: 4, lateness: 20);
        var window = new float[10];
        for (int i = 0; i < 30; i++)
        {
            segmenter.AddSample(i);
        }
        Assert.True(segmenter.AddBeat(12));
        Assert.True(segmenter.AddBeat(27));
        Assert.True(segmenter.TryRead(window, out SignalWindow cut));
        Assert.Equal((new SignalWindow(12, true), 8f, 17f), (cut, window[0], window[9]));
        Assert.False(segmenter.TryRead(window, out _)); // 27 needs samples up to 32
        segmenter.AddSample(30);
        segmenter.AddSample(31);
        segmenter.AddSample(32);
        Assert.True(segmenter.TryRead(window, out cut));
        Assert.Equal((new SignalWindow(27, true), 23f, 32f), (cut, window[0], window[9]));
    }

    [Fact]
    public void IncompleteWindowsAreReported()
    {
        var segmenter = new BeatSegmenter(10, 4, 5);
        for (int i = 0; i < 40; i++)
        {
            segmenter.AddSample(i is 30 ? float.NaN : i);
        }
        foreach (long beat in new long[] { 2, 10, 26, 34 })
        {
            segmenter.AddBeat(beat); // before the start, no longer kept, ends in the gap, starts at it
        }
        var window = new float[10];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(segmenter.TryRead(window, out SignalWindow cut));
            Assert.False(cut.IsWhole);
        }
        segmenter.AddBeat(35);
        segmenter.AddSample(40);
        Assert.True(segmenter.TryRead(window, out SignalWindow whole));
        Assert.Equal((true, 31f), (whole.IsWhole, window[0]));
    }

    [Fact]
    public void ShortGapsAreBridged()
    {
        float[] input = [1, 2, float.NaN, float.NaN, 5, float.NaN, float.NaN, float.NaN, 9, 1e9f, 11, float.PositiveInfinity];
        var bridge = new GapBridge(2);
        var output = new List<float>();
        foreach (float sample in input.Concat([float.NaN, float.NaN]))
        {
            if (bridge.Next(sample, out float settled))
            {
                output.Add(settled);
            }
        }
        Assert.Equal([1, 2, 3, 4, 5, float.NaN, float.NaN, float.NaN, 9, 10, 11, float.NaN], output);
    }

    [Fact]
    public void AModelsPreprocessingIsAppliedAroundBeats()
    {
        var spec = new SignalPreprocessing { Window = 8, Hop = 8, SampleRate = 180, BeforeBeat = 3, Standardize = true };
        var preprocessor = new EcgPreprocessor(spec, 360);
        var window = new float[8];
        SignalWindow? read = null;
        for (int i = 0; i < 300; i++)
        {
            preprocessor.AddSample(i); // a ramp stays a ramp
            if (i == 110)
            {
                preprocessor.AddBeat(100);
            }
            while (preprocessor.TryRead(window, out SignalWindow cut))
            {
                read = cut;
            }
        }
        Assert.Equal(new SignalWindow(50, true), read);
        Assert.Equal(100, preprocessor.ToInput(50));
        // -3.5 .. 3.5 over its standard deviation.
        double deviation = Math.Sqrt(5.25);
        for (int k = 0; k < 8; k++)
        {
            Assert.Equal((k - 3.5) / deviation, window[k], 1e-3);
        }
    }

    [Fact]
    public void WindowsByHopSkipGaps()
    {
        var preprocessor = new EcgPreprocessor(new SignalPreprocessing { Window = 4, Hop = 2, SampleRate = 100 }, 100);
        var window = new float[4];
        var starts = new List<(long, bool)>();
        for (int i = 0; i < 12; i++)
        {
            preprocessor.AddSample(i == 5 ? float.NaN : i);
            if (preprocessor.TryRead(window, out SignalWindow cut))
            {
                starts.Add((cut.Anchor, cut.IsWhole));
            }
        }
        Assert.Equal([(0, true), (2, false), (4, false), (6, true), (8, true)], starts);
        Assert.Equal([8, 9, 10, 11], window);
    }

    [Fact]
    public void AConstantIsStandardizedToZero()
    {
        float[] values = [3, 3, 3];
        EcgPreprocessor.Standardize(values);
        Assert.Equal([0, 0, 0], values);
    }

    [Fact]
    public void DescriptionsAreChecked()
    {
        var good = new SignalPreprocessing { Window = 100, Hop = 10, SampleRate = 360 };
        foreach (SignalPreprocessing bad in new[]
        {
            good with { Window = 0 }, good with { Hop = 0 }, good with { SampleRate = 0 }, good with { LowPass = 180 }, good with { Notch = -1 }, good with { BeforeBeat = 100 }, good with { BeforeBeat = -1 },
        })
        {
            Assert.Equal(EdgeError.BadInputFile, Assert.Throws<EdgeException>(() => new EcgPreprocessor(bad, 360)).Error);
        }
    }
}
