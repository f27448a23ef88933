using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;
using Edge.Testing;

namespace Edge.Runtime.Tests.Signals;

public class QrsDetectorTests
{
    private const int Rate = 360;

    [Theory]
    [InlineData(360, 72, 0)]
    [InlineData(360, 72, 0.1)]
    [InlineData(360, 40, 0.05)]
    [InlineData(360, 180, 0.05)]
    [InlineData(360, 220, 0.02)]
    [InlineData(100, 72, 0.05)]
    [InlineData(250, 110, 0.05)]
    [InlineData(1000, 60, 0.1)]
    public void EveryBeatOfASyntheticEcgIsFound(double rate, double heartRate, double noise)
    {
        (float[] samples, long[] peaks) = Make(rate, heartRate, noise, 60);
        QrsBeat[] beats = Detect(samples, rate);
        double near = (0.015 * rate) + 1;
        // The first seconds are for learning, the last beat may not be complete.
        Assert.All(peaks.Where(p => p > 3 * rate && p < samples.Length - (0.3 * rate)), p => Assert.Single(beats, b => Math.Abs(b.Sample - p) <= near));
        Assert.All(beats.Where(b => b.Sample > 3 * rate), b => Assert.Single(peaks, p => Math.Abs(b.Sample - p) <= near));
        Assert.All(beats, b => Assert.InRange(b.Deflection, 0.3f, 2));
    }

    /// <summary>White noise of a quarter and half of the R peak's height costs false beats before it costs true ones.</summary>
    [Theory]
    [InlineData(0.3, 0.999, 0.995)]
    [InlineData(0.6, 0.99, 0.75)]
    public void MuchNoiseIsSurvived(double noise, double sensitivity, double predictivity)
    {
        (float[] samples, long[] peaks) = Make(Rate, 72, noise, 300);
        BeatConfusion score = BeatComparison.Compare(
            peaks.Select(p => new WfdbAnnotation(p, AnnotationCode.Normal)),
            Detect(samples, Rate).Select(b => new WfdbAnnotation(b.Sample, AnnotationCode.Normal)),
            Rate,
            samples.Length,
            new BeatComparisonOptions { Start = TimeSpan.FromSeconds(5) });
        Assert.InRange(score.Sensitivity, sensitivity, 1);
        Assert.InRange(score.PositivePredictivity, predictivity, 1);
    }

    [Fact]
    public void TheLatencyIsFixedAndBelowASecond()
    {
        (float[] samples, _) = Make(Rate, 72, 0.05, 60);
        var detector = new QrsDetector(Rate);
        Assert.InRange(detector.Latency, 1, Rate - 1);
        int count = 0;
        for (int i = 0; i < samples.Length; i++)
        {
            if (detector.Next(samples[i], out QrsBeat beat))
            {
                Assert.Equal(i - detector.Latency, beat.Sample);
                count++;
            }
        }
        Assert.InRange(count, 65, 76);
    }

    /// <summary>What comes later than the latency cannot change a beat: the detector is causal.</summary>
    [Fact]
    public void TheFutureDoesNotMatter()
    {
        (float[] samples, _) = Make(Rate, 80, 0.1, 30);
        QrsBeat[] whole = Detect(samples, Rate);
        int latency = new QrsDetector(Rate).Latency;
        foreach (int cut in new[] { 2000, 5001, 7777 })
        {
            float[] other = [.. samples[..cut], .. Enumerable.Range(0, 3000).Select(i => 5 * MathF.Sin(i * 0.3f))];
            Assert.Equal(whole.Where(b => b.Sample + latency < cut), Detect(other, Rate).Where(b => b.Sample + latency < cut));
        }
    }

    /// <summary>Every chunk size on a signal at 100 Hz that is longer than the largest chunk, some on a difficult one at 360 Hz.</summary>
    [Fact]
    public void ChunksDoNotMatter()
    {
        (float[] plain, _) = Make(100, 75, 0.05, 45);
        plain.AsSpan(2000, 100).Fill(float.NaN);
        RequireSameForChunks(plain, 100, Enumerable.Range(1, 4096));
        RequireSameForChunks(Hard(), Rate, Enumerable.Range(1, 4096).Where(c => c is < 12 or > 4090 || c % 401 == 0));
    }

    private static void RequireSameForChunks(float[] samples, double rate, IEnumerable<int> chunks)
    {
        QrsBeat[] expected = Detect(samples, rate);
        Assert.True(expected.Length > 40);
        foreach (int chunk in chunks)
        {
            var detector = new QrsDetector(rate);
            var beats = new List<QrsBeat>();
            var buffer = new QrsBeat[detector.MostBeats(chunk)];
            for (int i = 0; i < samples.Length; i += chunk)
            {
                int count = detector.Process(samples.AsSpan(i, Math.Min(chunk, samples.Length - i)), buffer);
                beats.AddRange(buffer[..count]);
            }
            Assert.Equal(expected.Where(b => b.Sample + detector.Latency < samples.Length), beats);
        }
    }

    [Fact]
    public void NothingIsAllocatedPerSample()
    {
        (float[] samples, _) = Make(Rate, 100, 0.05, 20);
        var detector = new QrsDetector(Rate);
        void Detect()
        {
            foreach (float sample in samples)
            {
                detector.Next(sample, out _);
            }
        }
        Detect();
        Assert.Equal(0, Allocated.OnThread(Detect));
    }

    [Fact]
    public void NoBeatsWithoutASignal()
    {
        var noise = new Random(1);
        Assert.Empty(Detect([.. Enumerable.Repeat(1.5f, 20 * Rate)], Rate));
        Assert.Empty(Detect([.. Enumerable.Repeat(float.NaN, 20 * Rate)], Rate));
        Assert.Empty(Detect([.. Enumerable.Range(0, 20 * Rate).Select(_ => (float)(noise.NextDouble() - 0.5) * 0.01f)], Rate));
        Assert.Empty(Detect([.. Enumerable.Range(0, 20 * Rate).Select(i => i % 2 == 0 ? float.PositiveInfinity : float.MinValue)], Rate));
    }

    [Fact]
    public void AfterBeatsAFlatLineHasNone()
    {
        (float[] samples, _) = Make(Rate, 72, 0.01, 20);
        float last = samples[^1];
        QrsBeat[] beats = Detect([.. samples, .. Enumerable.Repeat(last, 20 * Rate)], Rate);
        Assert.All(beats, b => Assert.InRange(b.Sample, 0, samples.Length));
    }

    [Fact]
    public void AGapHasNoBeatsNorHaveItsSeams()
    {
        (float[] samples, long[] peaks) = Make(Rate, 72, 0.02, 40);
        const int From = 10 * Rate;
        const int To = 13 * Rate;
        for (int i = To; i < samples.Length; i++)
        {
            samples[i] += 3; // the baseline has moved meanwhile
        }
        samples.AsSpan(From, To - From).Fill(float.NaN);
        long[] found = [.. Detect(samples, Rate).Select(b => b.Sample)];
        Assert.DoesNotContain(found, s => s is > From - (Rate / 20) and < To + (Rate / 20));
        long[] expected = [.. peaks.Where(p => p is > 3 * Rate and < From - (Rate / 4) or > To + (Rate / 4) && p < samples.Length - Rate)];
        Assert.All(expected, p => Assert.Contains(found, s => Math.Abs(s - p) <= 6));
        // No false beat anywhere: each found one has its peak.
        Assert.All(found, s => Assert.Contains(peaks, p => Math.Abs(s - p) <= 6));
    }

    [Fact]
    public void ALostSampleIsBridged()
    {
        (float[] samples, _) = Make(Rate, 72, 0.02, 30);
        QrsBeat[] expected = Detect(samples, Rate);
        for (int i = 50; i < samples.Length; i += 37)
        {
            samples[i] = float.NaN;
        }
        QrsBeat[] beats = Detect(samples, Rate);
        Assert.Equal(expected.Length, beats.Length);
        Assert.All(expected.Zip(beats), p => Assert.InRange(p.Second.Sample, p.First.Sample - 1, p.First.Sample + 1));
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(4)]
    [InlineData(-1)]
    public void AChangeOfAmplitudeIsFollowed(double factor)
    {
        (float[] samples, long[] peaks) = Make(Rate, 72, 0.01, 60);
        for (int i = 20 * Rate; i < samples.Length; i++)
        {
            samples[i] *= (float)factor;
        }
        long[] found = [.. Detect(samples, Rate).Select(b => b.Sample)];
        long[] later = [.. peaks.Where(p => p > 30 * Rate && p < samples.Length - Rate)];
        Assert.All(later, p => Assert.Contains(found, s => Math.Abs(s - p) <= 0.05 * Rate));
        Assert.InRange(found.Count(s => s > 30 * Rate && s < samples.Length - Rate), later.Length, later.Length + 1);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(20_000)]
    [InlineData(double.NaN)]
    public void RatesAreChecked(double rate) => Assert.Equal(EdgeError.BadSignal, Assert.Throws<EdgeException>(() => new QrsDetector(rate)).Error);

    /// <summary>
    /// The bar: 33 records of the MIT-BIH database, channel 0, from 5:00, one set of constants. Gross sensitivity and positive
    /// predictivity at 150 ms (99.83 / 99.87 when written) and at 50 ms (99.74 / 99.78).
    /// </summary>
    [Fact]
    public void TheBarOnRealRecords()
    {
        string folder = Path.Combine(RepositoryPaths.Recordings ?? "", "mitdb");
        Assert.SkipUnless(RepositoryPaths.Recordings is not null && Directory.Exists(folder), "the MIT-BIH records are not beside the checkout");
        string[] records = [.. Directory.GetFiles(folder, "*.hea").Order(StringComparer.Ordinal)];
        Assert.True(records.Length >= 33);
        (BeatConfusion Wide, BeatConfusion Narrow)[] scores = [.. records.AsParallel().AsOrdered().Select(Score)];
        var wide = new BeatConfusion { SampleRate = Rate };
        var narrow = new BeatConfusion { SampleRate = Rate };
        foreach ((BeatConfusion w, BeatConfusion n) in scores)
        {
            wide.Add(w);
            narrow.Add(n);
        }
        Assert.InRange(wide.Sensitivity, 0.9982, 1);
        Assert.InRange(wide.PositivePredictivity, 0.9985, 1);
        Assert.InRange(narrow.Sensitivity, 0.997, 1);
        Assert.InRange(narrow.PositivePredictivity, 0.997, 1);
    }

    private static (BeatConfusion Wide, BeatConfusion Narrow) Score(string record)
    {
        using var source = new WfdbSource(record, 0);
        var samples = new float[source.Length!.Value];
        Assert.Equal(samples.Length, source.Read(samples));
        WfdbAnnotation[] test = [.. Detect(samples, source.SampleRate).Select(b => new WfdbAnnotation(b.Sample, AnnotationCode.Normal))];
        IReadOnlyList<WfdbAnnotation> reference = WfdbAnnotationReader.Read(Path.ChangeExtension(record, ".atr")).At(source.SampleRate);
        BeatConfusion Compare(int window) => BeatComparison.Compare(reference, test, source.SampleRate, samples.Length, new BeatComparisonOptions { Window = TimeSpan.FromMilliseconds(window) });
        return (Compare(150), Compare(50));
    }

    /// <summary>Gaps, steps, noise bursts, rails and a change of rhythm.</summary>
    private static float[] Hard()
    {
        (float[] slow, _) = Make(Rate, 60, 0.05, 30);
        (float[] fast, _) = Make(Rate, 150, 0.15, 30);
        float[] samples = [.. slow, .. fast];
        var random = new Random(4);
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (i / 900) switch
            {
                3 => float.NaN,
                7 => 5,
                11 => samples[i] + (float)random.NextDouble(),
                _ => i % 1201 < 3 ? float.NaN : samples[i],
            };
        }
        return samples;
    }

    private static (float[] Samples, long[] Peaks) Make(double rate, double heartRate, double noise, int seconds)
    {
        using var source = new SyntheticEcg(new SyntheticEcgOptions { SampleRate = rate, HeartRate = heartRate, Noise = noise, Seed = 11 });
        var samples = new float[(int)(seconds * rate)];
        var peaks = new List<long>();
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = source.Next(out bool isPeak);
            if (isPeak)
            {
                peaks.Add(i);
            }
        }
        return (samples, [.. peaks]);
    }

    private static QrsBeat[] Detect(float[] samples, double rate)
    {
        var detector = new QrsDetector(rate);
        var beats = new List<QrsBeat>();
        foreach (float sample in samples.Concat(Enumerable.Repeat(float.NaN, detector.Latency)))
        {
            if (detector.Next(sample, out QrsBeat beat))
            {
                beats.Add(beat);
            }
        }
        return [.. beats];
    }
}
