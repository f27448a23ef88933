using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Wfdb;
using Edge.Runtime.Signals.Ecg;
using Edge.Testing;

namespace Edge.Runtime.Tests.Signals;

public class QrsDetectorTests
{
    private const double Rate = 360;

    /// <summary>Causal, with one set of constants, against the reference annotations of the MIT-BIH arrhythmia database.</summary>
    [Fact]
    public void FindsTheBeatsOfRealRecords()
    {
        string folder = Path.Combine(RepositoryPaths.Recordings ?? "", "mitdb");
        Assert.SkipUnless(Directory.Exists(folder), "the MIT-BIH records are not there: set EDGE_DATA to a folder with mitdb");
        var wide = new BeatConfusion();
        var narrow = new BeatConfusion();
        string[] records = Directory.GetFiles(folder, "*.hea");
        Parallel.ForEach(records, record =>
        {
            WfdbAnnotation[] found = [.. Detect(ReadFirstSignal(record)).Select(b => new WfdbAnnotation(b.Sample, AnnotationCode.Normal))];
            IReadOnlyList<WfdbAnnotation> reference = WfdbAnnotationReader.Read(Path.ChangeExtension(record, ".atr")).Items;
            BeatConfusion at150 = BeatComparison.Compare(reference, found, Rate, 0);
            BeatConfusion at50 = BeatComparison.Compare(reference, found, Rate, 0, new BeatComparisonOptions { Window = TimeSpan.FromMilliseconds(50) });
            lock (wide)
            {
                wide.Add(at150);
                narrow.Add(at50);
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{records.Length} records, 150 ms: Se {wide.Sensitivity:P3} +P {wide.PositivePredictivity:P3}, {wide.FalseNegatives} missed, {wide.FalsePositives} false; 50 ms: Se {narrow.Sensitivity:P3} +P {narrow.PositivePredictivity:P3}");
        Assert.True(wide.Sensitivity >= 0.9975 && wide.PositivePredictivity >= 0.9975, $"150 ms: {wide.Sensitivity:P3} {wide.PositivePredictivity:P3}");
        Assert.True(narrow.Sensitivity >= 0.985 && narrow.PositivePredictivity >= 0.985, $"50 ms: {narrow.Sensitivity:P3} {narrow.PositivePredictivity:P3}");
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(-0.1)]
    public void ReportsEachBeatOnceAtItsPeakAfterAFixedTime(double noise)
    {
        (float[] samples, int[] peaks) = MakeEcg(seconds: 60, Math.Abs(noise), sign: Math.Sign(noise));
        var detector = new QrsDetector(Rate);
        Assert.True(detector.Latency < Rate, "the latency is under a second");
        var found = new List<QrsBeat>();
        for (int i = 0; i < samples.Length; i++)
        {
            if (detector.Next(samples[i], out QrsBeat beat))
            {
                Assert.Equal(i, beat.Sample + detector.Latency);
                found.Add(beat);
            }
        }
        // The first seconds teach the detector; the last beats are still on their way.
        int[] expected = [.. peaks.Where(p => p > 5 * Rate && p < samples.Length - detector.Latency)];
        long[] actual = [.. found.Select(b => b.Sample).Where(s => s > 4.9 * Rate)];
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 5));
        Assert.All(found, b => Assert.Equal(Math.Sign(noise), Math.Sign(b.Deflection)));
    }

    [Fact]
    public void AGapHoldsNoBeats()
    {
        (float[] samples, int[] peaks) = MakeEcg(60, 0.02, 1);
        int from = (int)(20 * Rate);
        int to = (int)(30 * Rate);
        samples.AsSpan(from, to - from).Fill(float.NaN);
        QrsBeat[] beats = Detect(samples);
        Assert.DoesNotContain(beats, b => b.Sample >= from && b.Sample < to);
        Assert.Equal(peaks.Count(p => p > 32 * Rate && p < 58 * Rate), beats.Count(b => b.Sample > (32 * Rate) - 5 && b.Sample < 58 * Rate));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(5f)]
    [InlineData(float.NaN)]
    public void AFlatLineHasNoBeats(float level)
    {
        var samples = new float[(int)(30 * Rate)];
        samples.AsSpan().Fill(level);
        Assert.Empty(Detect(samples));
    }

    [Fact]
    public void SamplesAllocateNothing()
    {
        (float[] samples, _) = MakeEcg(60, 0.05, 1);
        var detector = new QrsDetector(Rate);
        Feed(detector, samples);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Feed(detector, samples);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(double.NaN)]
    [InlineData(1e9)]
    public void RefusesRatesOutOfRange(double rate) => Assert.Throws<EdgeException>(() => new QrsDetector(rate));

    private static void Feed(QrsDetector detector, float[] samples)
    {
        foreach (float sample in samples)
        {
            detector.Next(sample, out _);
        }
    }

    private static QrsBeat[] Detect(float[] samples)
    {
        var detector = new QrsDetector(Rate);
        var beats = new List<QrsBeat>();
        foreach (float sample in samples.Concat(Enumerable.Repeat(float.NaN, detector.Latency + 1)))
        {
            if (detector.Next(sample, out QrsBeat beat))
            {
                beats.Add(beat);
            }
        }
        return [.. beats];
    }

    /// <summary>Narrow R waves with broad T waves behind them, at intervals that vary, on wander and noise; in mV.</summary>
    private static (float[] Samples, int[] Peaks) MakeEcg(int seconds, double noise, int sign)
    {
        var random = new Random(3);
        var samples = new float[(int)(seconds * Rate)];
        var peaks = new List<int>();
        for (double at = 0.5; at < seconds - 0.5; at += 0.8 + (0.1 * random.NextDouble()))
        {
            peaks.Add((int)Math.Round(at * Rate));
        }
        for (int i = 0; i < samples.Length; i++)
        {
            double value = (0.1 * Math.Sin(2 * Math.PI * 0.2 * i / Rate)) + (noise * (random.NextDouble() - 0.5));
            foreach (int peak in peaks)
            {
                double t = (i - peak) / Rate;
                if (Math.Abs(t) < 0.6)
                {
                    value += sign * (Math.Exp(-t * t / (2 * 0.012 * 0.012)) + (0.2 * Math.Exp(-(t - 0.3) * (t - 0.3) / (2 * 0.04 * 0.04))));
                }
            }
            samples[i] = (float)value;
        }
        return (samples, [.. peaks]);
    }

    private static float[] ReadFirstSignal(string record)
    {
        using WfdbReader reader = WfdbReader.Open(record);
        var frames = new int[reader.Frames * reader.FrameSize];
        int read = 0;
        while (read < frames.Length && reader.ReadFrames(frames.AsSpan(read)) is > 0 and var count)
        {
            read += count * reader.FrameSize;
        }
        WfdbSignal signal = reader.Header.Signals[0];
        return [.. Enumerable.Range(0, (int)reader.Frames).Select(i => frames[i * reader.FrameSize]).Select(v => v == WfdbReader.Missing ? float.NaN : (float)((v - signal.Baseline) / signal.Gain))];
    }
}
