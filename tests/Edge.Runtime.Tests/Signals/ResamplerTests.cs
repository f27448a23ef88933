using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Tests.Signals;

public class ResamplerTests
{
    /// <summary>Output sample j is the signal at the time j / rate: no delay is left in the numbers.</summary>
    [Theory]
    [InlineData(360, 250)]
    [InlineData(250, 360)]
    [InlineData(360, 360)]
    [InlineData(500, 125)]
    [InlineData(128, 1000)]
    [InlineData(360, 257)]
    public void SinesStayWhereTheyAre(double inputRate, double outputRate)
    {
        var resampler = new RationalResampler(inputRate, outputRate);
        const double Frequency = 11;
        float[] input = [.. Enumerable.Range(0, 3000).Select(i => (float)Math.Sin(2 * Math.PI * Frequency * i / inputRate))];
        float[] output = Run(resampler, input, 100);
        int margin = (int)(resampler.Delay * outputRate / inputRate) + 1;
        Assert.InRange(output.Length, ((input.Length - resampler.Delay) * outputRate / inputRate) - 2, ((input.Length - resampler.Delay) * outputRate / inputRate) + 2);
        for (int j = margin; j < output.Length; j++)
        {
            Assert.Equal(Math.Sin(2 * Math.PI * Frequency * j / outputRate), output[j], 2e-3);
        }
    }

    [Fact]
    public void WhatWouldFoldIsRemoved()
    {
        var resampler = new RationalResampler(1000, 250);
        float[] input = [.. Enumerable.Range(0, 4000).Select(i => (float)Math.Sin(2 * Math.PI * 180 * i / 1000.0))];
        Assert.All(Run(resampler, input, 64)[30..], v => Assert.InRange(Math.Abs(v), 0, 1e-3));
    }

    [Fact]
    public void ConstantsAreExactFromTheFirstSample()
    {
        Assert.All(Run(new RationalResampler(360, 250), [.. Enumerable.Repeat(2.5f, 500)], 1), v => Assert.Equal(2.5, v, 1e-5));
    }

    [Fact]
    public void GapsKeepTheirPlaceAndLength()
    {
        float[] input = [.. Enumerable.Range(0, 1000).Select(i => i is >= 400 and < 500 ? float.NaN : 1)];
        float[] output = Run(new RationalResampler(360, 180), input, 33);
        for (int j = 0; j < output.Length; j++)
        {
            Assert.Equal(j is >= 200 and < 250, float.IsNaN(output[j]));
        }
    }

    [Fact]
    public void ChunksDoNotMatter()
    {
        var random = new Random(3);
        float[] input = [.. Enumerable.Range(0, 5000).Select(i => i % 700 == 3 ? float.NaN : (float)random.NextDouble())];
        float[] whole = Run(new RationalResampler(360, 257), input, input.Length);
        foreach (int chunk in new[] { 1, 2, 13, 4096 })
        {
            Assert.Equal(whole, Run(new RationalResampler(360, 257), input, chunk));
        }
    }

    [Theory]
    [InlineData(360, 0)]
    [InlineData(0, 360)]
    [InlineData(360, 360 * Math.PI)]
    [InlineData(1, 1000)]
    [InlineData(360, double.NaN)]
    public void ImpossibleRatiosAreRefused(double inputRate, double outputRate) =>
        Assert.Equal(EdgeError.BadSignal, Assert.Throws<EdgeException>(() => new RationalResampler(inputRate, outputRate)).Error);

    private static float[] Run(RationalResampler resampler, float[] input, int chunk)
    {
        var all = new List<float>();
        var output = new float[resampler.MostOutputs(chunk)];
        for (int i = 0; i < input.Length; i += chunk)
        {
            int count = resampler.Process(input.AsSpan(i, Math.Min(chunk, input.Length - i)), output);
            all.AddRange(output[..count]);
        }
        return [.. all];
    }
}
