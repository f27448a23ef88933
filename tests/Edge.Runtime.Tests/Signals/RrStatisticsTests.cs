using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Tests.Signals;

public class RrStatisticsTests
{
    [Fact]
    public void TheFormulasOfTheTaskForce()
    {
        // 1000, 1000, 1060, 1000 and 1100 ms: differences 0, 60, -60, 100.
        RrStatistics statistics = Of(1000, 1000, 1060, 1000, 1100);
        HeartRateVariability hrv = statistics.Summary();
        Assert.Equal((5, 0), (hrv.Intervals, hrv.Rejected));
        Assert.Equal(60000 / 1032.0, hrv.MeanHeartRate, 1e-9);
        Assert.Equal(Math.Sqrt(((3 * 32.0 * 32) + (28 * 28) + (68 * 68)) / 4), hrv.Sdnn, 1e-6);
        Assert.Equal(Math.Sqrt((3600 + 3600 + 10000) / 4.0), hrv.Rmssd, 1e-6);
        Assert.Equal(0.75, hrv.Pnn50);
    }

    [Fact]
    public void FiftyMillisecondsAreNotMoreThanFifty() => Assert.Equal(0, Of(800, 850, 800, 850).Summary().Pnn50);

    [Fact]
    public void NothingIsNotANumber()
    {
        HeartRateVariability empty = new RrStatistics(360).Summary();
        Assert.Equal(0, empty.Intervals);
        Assert.True(double.IsNaN(empty.MeanHeartRate) && double.IsNaN(empty.Sdnn) && double.IsNaN(empty.Rmssd) && double.IsNaN(empty.Pnn50));
        Assert.Null(new RrStatistics(360).HeartRate(0));
    }

    [Fact]
    public void ArtefactsAreRejectedAndBreakPairs()
    {
        // A missed beat doubles an interval, an extra one splits it: none of the three is normal.
        RrStatistics statistics = Of(800, 810, 790, 800, 1600, 810, 350, 450, 800);
        HeartRateVariability hrv = statistics.Summary();
        Assert.Equal((6, 3), (hrv.Intervals, hrv.Rejected));
        // Pairs: 800-810, 810-790, 790-800; not across what was rejected.
        Assert.Equal(Math.Sqrt((100 + 400 + 100) / 3.0), hrv.Rmssd, 1e-6);
    }

    [Fact]
    public void ANewRhythmIsAcceptedAfterAWhile()
    {
        RrStatistics statistics = Of([.. Enumerable.Repeat(1000, 20), .. Enumerable.Repeat(500, 20)]);
        HeartRateVariability hrv = statistics.Summary();
        Assert.InRange(hrv.Rejected, 1, 6);
        Assert.Equal(40, hrv.Intervals + hrv.Rejected);
    }

    [Fact]
    public void AnIntervalAcrossAGapIsNone()
    {
        var statistics = new RrStatistics(1000);
        foreach (long beat in new long[] { 0, 800, 1600 })
        {
            statistics.AddBeat(beat);
        }
        statistics.AddGap();
        Assert.Null(statistics.HeartRate(1700));
        statistics.AddBeat(2300);
        statistics.AddBeat(3100);
        HeartRateVariability hrv = statistics.Summary();
        Assert.Equal((3, 0, 0.0), (hrv.Intervals, hrv.Rejected, hrv.Rmssd));
        Assert.Equal(75, statistics.HeartRate(3100)!.Value, 1e-9);
    }

    [Fact]
    public void TheRateIsUnknownAfterThreeSecondsOfSilence()
    {
        RrStatistics statistics = Of(800, 800, 800);
        Assert.Equal(75, statistics.HeartRate(2400 + 2999)!.Value, 1e-9);
        Assert.Null(statistics.HeartRate(2400 + 3001));
    }

    [Fact]
    public void OnlyTheNewestAreKept()
    {
        var statistics = new RrStatistics(1000, capacity: 4);
        long at = 0;
        statistics.AddBeat(at);
        foreach (int interval in new[] { 800, 900, 800, 900, 850, 850, 850, 850 })
        {
            statistics.AddBeat(at += interval);
        }
        HeartRateVariability hrv = statistics.Summary();
        Assert.Equal((4, 0.0), (hrv.Intervals, hrv.Sdnn));
        Assert.Equal(0, hrv.Rmssd);
    }

    private static RrStatistics Of(params int[] milliseconds)
    {
        var statistics = new RrStatistics(1000);
        long at = 0;
        statistics.AddBeat(at);
        foreach (int interval in milliseconds)
        {
            statistics.AddBeat(at += interval);
        }
        return statistics;
    }
}
