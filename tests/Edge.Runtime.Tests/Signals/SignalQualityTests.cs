using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Tests.Signals;

public class SignalQualityTests
{
    private const int Rate = 360;

    [Fact]
    public void ACleanSignalIsGood() => Assert.Equal(SignalQuality.Good, After(new SignalQualityMonitor(Rate), Ecg(0.02), 10));

    [Fact]
    public void NoiseIsSeen() => Assert.Equal(SignalQuality.Noisy, After(new SignalQualityMonitor(Rate), Ecg(0.3), 3));

    [Fact]
    public void MainsHumIsNoise() => Assert.Equal(SignalQuality.Noisy, After(new SignalQualityMonitor(Rate), i => 0.3f * MathF.Sin(2 * MathF.PI * 60 * i / Rate), 3));

    [Fact]
    public void AFlatLineIsSeenWithinTwoSecondsAndForgottenWithinTwo()
    {
        var monitor = new SignalQualityMonitor(Rate);
        Func<int, float> ecg = Ecg(0.01);
        After(monitor, ecg, 5);
        Assert.InRange(SecondsUntil(monitor, SignalQuality.FlatLine, _ => 0.4f), 0.5, 2);
        Assert.InRange(SecondsUntil(monitor, SignalQuality.Good, ecg), 0, 2);
    }

    [Fact]
    public void TheRailIsSeen()
    {
        var monitor = new SignalQualityMonitor(Rate, new SignalQualityLimits { Lowest = -5, Highest = 5 });
        After(monitor, Ecg(0.01), 3);
        Assert.InRange(SecondsUntil(monitor, SignalQuality.Saturated, i => i % 2 == 0 ? 5 : 4.9f, ignore: SignalQuality.Noisy), 0, 0.5);
    }

    [Fact]
    public void GapsAndLeadsShowAtOnce()
    {
        var monitor = new SignalQualityMonitor(Rate);
        After(monitor, Ecg(0.01), 3);
        Assert.True(monitor.Next(float.NaN));
        Assert.Equal(SignalQuality.Gap, monitor.Current);
        monitor.SetLeadOff(true);
        Assert.Equal(SignalQuality.Gap | SignalQuality.LeadOff, monitor.Current);
        monitor.SetLeadOff(false);
        Assert.InRange(SecondsUntil(monitor, SignalQuality.Good, Ecg(0.01)), 0, 1.2);
    }

    private static Func<int, float> Ecg(double noise)
    {
        var source = new SyntheticEcg(new SyntheticEcgOptions { SampleRate = Rate, Noise = noise });
        return _ => source.Next(out bool _);
    }

    private static SignalQuality After(SignalQualityMonitor monitor, Func<int, float> signal, int seconds)
    {
        for (int i = 0; i < seconds * Rate; i++)
        {
            monitor.Next(signal(i));
        }
        return monitor.Current;
    }

    private static double SecondsUntil(SignalQualityMonitor monitor, SignalQuality wanted, Func<int, float> signal, SignalQuality ignore = SignalQuality.Good)
    {
        for (int i = 0; i < 10 * Rate; i++)
        {
            monitor.Next(signal(i));
            if ((monitor.Current & ~ignore) == wanted)
            {
                return i / (double)Rate;
            }
        }
        return double.PositiveInfinity;
    }
}
