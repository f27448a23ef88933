using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Synthetic;

namespace Edge.Runtime.Tests.Sensors;

public class SyntheticEcgTests
{
    [Fact]
    public void TheSameSeedGivesTheSameSamples()
    {
        Assert.Equal(Make(new SyntheticEcgOptions { Noise = 0.05 }, 5000), Make(new SyntheticEcgOptions { Noise = 0.05 }, 5000));
        Assert.NotEqual(Make(new SyntheticEcgOptions { Noise = 0.05 }, 5000), Make(new SyntheticEcgOptions { Noise = 0.05, Seed = 2 }, 5000));
    }

    [Theory]
    [InlineData(360, 72)]
    [InlineData(250, 40)]
    [InlineData(500, 180)]
    [InlineData(100, 60)]
    public void PeaksAreWhereTheSignalIsHighest(double rate, double heartRate)
    {
        using var source = new SyntheticEcg(new SyntheticEcgOptions { SampleRate = rate, HeartRate = heartRate });
        var samples = new float[(int)(60 * rate)];
        var peaks = new List<int>();
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = source.Next(out bool isPeak);
            if (isPeak)
            {
                peaks.Add(i);
            }
        }
        Assert.InRange(peaks.Count, heartRate * 0.97 - 1, heartRate * 1.03 + 1);
        int near = (int)(0.1 * rate);
        foreach (int peak in peaks.Where(p => p > near && p < samples.Length - near))
        {
            int highest = Enumerable.Range(peak - near, 2 * near).MaxBy(i => samples[i]);
            Assert.InRange(highest, peak - Math.Ceiling(0.01 * rate), peak + Math.Ceiling(0.01 * rate));
            Assert.InRange(samples[peak], 0.7f, 1.8f);
        }
    }

    [Fact]
    public void TheLengthIsKept()
    {
        using var source = new SyntheticEcg(new SyntheticEcgOptions { Length = 1000 });
        Assert.Equal(700, source.Read(new float[700]));
        Assert.Equal(300, source.Read(new float[700]));
        Assert.Equal(0, source.Read(new float[700]));
    }

    [Fact]
    public void OptionsAreChecked()
    {
        foreach (SyntheticEcgOptions bad in new SyntheticEcgOptions[] { new() { SampleRate = 1 }, new() { HeartRate = double.NaN }, new() { Noise = -1 }, new() { Length = -1 } })
        {
            Assert.Equal(EdgeError.BadSignal, Assert.Throws<EdgeException>(() => new SyntheticEcg(bad)).Error);
        }
    }

    private static float[] Make(SyntheticEcgOptions options, int count)
    {
        using var source = new SyntheticEcg(options);
        var samples = new float[count];
        source.Read(samples);
        return samples;
    }
}
