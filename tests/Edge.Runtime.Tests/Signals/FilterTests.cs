using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Tests.Signals;

public class FilterTests
{
    private const double Rate = 360;

    [Fact]
    public void DesignsHaveTheirCorners()
    {
        Biquad high = Biquad.HighPass(0.5, Rate);
        Assert.Equal(Math.Sqrt(0.5), high.Gain(0.5, Rate), 1e-6);
        Assert.Equal(0, high.Gain(0, Rate), 1e-9);
        Assert.Equal(1, high.Gain(100, Rate), 1e-3);
        Biquad low = Biquad.LowPass(40, Rate);
        Assert.Equal(Math.Sqrt(0.5), low.Gain(40, Rate), 1e-6);
        Assert.Equal(1, low.Gain(0, Rate), 1e-9);
        Biquad notch = Biquad.Notch(50, Rate, 25);
        Assert.Equal(0, notch.Gain(50, Rate), 1e-9);
        Assert.Equal(Math.Sqrt(0.5), notch.Gain(51, Rate), 0.05); // the band at -3 dB is about 50 / 25 = 2 Hz
        Assert.Equal(1, notch.Gain(0, Rate), 1e-9);
    }

    /// <summary>Sines through the filter, against the gain of the design.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(100)]
    public void TheFilterDoesWhatTheDesignSays(double frequency)
    {
        IirFilter filter = IirFilter.ForEcg(Rate, 0.5, 40, 60);
        double expected = Biquad.Notch(60, Rate, IirFilter.NotchQuality).Gain(frequency, Rate) * Biquad.HighPass(0.5, Rate).Gain(frequency, Rate)
            * Biquad.LowPass(40, Rate, 0.541196).Gain(frequency, Rate) * Biquad.LowPass(40, Rate, 1.306563).Gain(frequency, Rate);
        double peak = 0;
        for (int i = 0; i < 360 * 20; i++)
        {
            float value = filter.Next((float)Math.Sin(2 * Math.PI * frequency * i / Rate));
            peak = i > 360 * 18 ? Math.Max(peak, Math.Abs(value)) : 0;
        }
        Assert.Equal(expected, peak, 0.01);
    }

    [Fact]
    public void ButterworthIsFlatAtItsCorner()
    {
        double gain = Biquad.LowPass(40, Rate, 1 / (2 * Math.Cos(Math.PI / 8))).Gain(40, Rate) * Biquad.LowPass(40, Rate, 1 / (2 * Math.Cos(3 * Math.PI / 8))).Gain(40, Rate);
        Assert.Equal(Math.Sqrt(0.5), gain, 1e-6);
    }

    [Fact]
    public void GroupDelayIsThatOfABurst()
    {
        IirFilter filter = IirFilter.ForEcg(Rate, 0, 40, 0);
        double delay = filter.GroupDelay(10, Rate);
        var output = new float[400];
        for (int i = 0; i < output.Length; i++)
        {
            double time = (i - 200) / Rate;
            output[i] = filter.Next((float)(Math.Exp(-time * time / 0.008) * Math.Cos(2 * Math.PI * 10 * time)));
        }
        double energy = output.Sum(v => (double)v * v);
        double centre = output.Select((v, i) => i * (double)v * v).Sum() / energy;
        Assert.Equal(delay, centre - 200, 0.3);
        Assert.InRange(delay, 2, 6);
    }

    [Fact]
    public void AStepAfterAGapDoesNotRing()
    {
        IirFilter filter = IirFilter.ForEcg(Rate, 0.5, 40, 50);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(0, filter.Next(3), 1e-5);
        }
        Assert.True(float.IsNaN(filter.Next(float.NaN)));
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(0, filter.Next(-200), 1e-3);
        }
    }

    [Fact]
    public void ChunksDoNotMatter()
    {
        var random = new Random(1);
        float[] input = [.. Enumerable.Range(0, 5000).Select(i => i % 977 < 5 ? float.NaN : (float)random.NextDouble())];
        IirFilter one = IirFilter.ForEcg(Rate, 0.5, 40, 50);
        var whole = new float[input.Length];
        one.Process(input, whole);
        foreach (int chunk in new[] { 1, 7, 4096 })
        {
            IirFilter other = IirFilter.ForEcg(Rate, 0.5, 40, 50);
            var parts = new float[input.Length];
            for (int i = 0; i < input.Length; i += chunk)
            {
                int n = Math.Min(chunk, input.Length - i);
                other.Process(input.AsSpan(i, n), parts.AsSpan(i, n));
            }
            Assert.Equal(whole, parts);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(180)]
    [InlineData(double.NaN)]
    public void FrequenciesAreChecked(double frequency)
    {
        Assert.Equal(EdgeError.BadSignal, Assert.Throws<EdgeException>(() => Biquad.LowPass(frequency, Rate)).Error);
    }
}
