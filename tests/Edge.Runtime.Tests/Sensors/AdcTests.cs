using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Sensors.Ads1115;
using Edge.Runtime.Sensors.Mcp3008;
using Edge.Runtime.Tests.Sensors.Devices;

namespace Edge.Runtime.Tests.Sensors;

public class AdcTests
{
    private static readonly Ads1115Options Options = new("0", 2.048, 250, 100, 1.024);

    [Fact]
    public void Ads1115ConvertsToMillivoltsAtTheSkin()
    {
        using var chip = new SimulatedAds1115 { Conversion = 16384 + 3200 };
        using Ads1115Source source = Open(chip, new ManualTime());
        var samples = new float[1];
        Assert.Equal(1, source.Read(samples));
        // 3200 * 2.048 / 32768 V above the offset, divided by the amplifier's 100: 2 mV.
        Assert.Equal(2, samples[0], 1e-4f);
        // Input 0 against ground, 2.048 V, continuous, 250 samples per second, comparator off.
        Assert.Equal(0b0_100_010_0_101_00011, chip.Configuration);
    }

    [Fact]
    public void ANackIsAMissingSampleAndASecondOfThemEndsTheSource()
    {
        using var chip = new SimulatedAds1115 { Conversion = 16384 };
        using Ads1115Source source = Open(chip, new ManualTime());
        var samples = new float[1];
        source.Read(samples);
        chip.Nacks = 3;
        Assert.Equal([float.NaN, float.NaN, float.NaN, 0], ReadOneByOne(source, 4));
        Assert.Equal(3, source.Errors);
        chip.Nacks = -1;
        EdgeException problem = Assert.Throws<EdgeException>(() => ReadOneByOne(source, 1000));
        Assert.Equal(EdgeError.SourceFailed, problem.Error);
        Assert.Equal(3 + 250, source.Errors);
    }

    [Fact]
    public void AChipThatIsNotThereOrAnotherOneIsRefused()
    {
        var absent = new SimulatedAds1115 { Nacks = -1 };
        Assert.Contains("does not answer", Assert.Throws<EdgeException>(() => Open(absent, new ManualTime())).Message, StringComparison.Ordinal);
        Assert.True(absent.IsDisposed);
        var foreign = new SimulatedAds1115 { ForeignConfiguration = 0x1234 };
        Assert.Contains("no ADS1115", Assert.Throws<EdgeException>(() => Open(foreign, new ManualTime())).Message, StringComparison.Ordinal);
        Assert.True(foreign.IsDisposed);
    }

    [Fact]
    public void ARailIsNoSample()
    {
        using var chip = new SimulatedAds1115 { Conversion = short.MaxValue };
        using Ads1115Source source = Open(chip, new ManualTime());
        Assert.True(float.IsNaN(ReadOneByOne(source, 1)[0]));
    }

    [Fact]
    public void LateSamplesAreMissingBeforeTheOneThatIsTaken()
    {
        using var chip = new SimulatedAds1115 { Conversion = 16384 };
        var time = new ManualTime();
        using Ads1115Source source = Open(chip, time);
        Assert.Equal([0], ReadOneByOne(source, 1));
        time.Advance(TimeSpan.FromMilliseconds(4 * 5.5)); // samples 1 to 5 are due, nobody took 1 to 4
        Assert.Equal([float.NaN, float.NaN, float.NaN, float.NaN, 0, 0], ReadOneByOne(source, 6));
        Assert.Equal(4, source.Errors);
    }

    [Fact]
    public void OptionsThatTheChipDoesNotHaveAreNamed()
    {
        using var chip = new SimulatedAds1115();
        Assert.Equal(EdgeError.BadSourceAddress, Assert.Throws<EdgeException>(() => new Ads1115Source(chip, "i2c", Options with { FullScale = 3 })).Error);
        Assert.Equal(EdgeError.BadSourceAddress, Assert.Throws<EdgeException>(() => new Ads1115Source(chip, "i2c", Options with { Input = "4" })).Error);
        Assert.Equal(EdgeError.BadSourceAddress, Assert.Throws<EdgeException>(() => new Ads1115Source(chip, "i2c", Options with { SampleRate = 900 })).Error);
    }

    [Fact]
    public void Mcp3008AsksForEachInputAndKnowsItsRails()
    {
        int[] values = [512, 0, 1023, 256, 0, 0, 0, 0];
        var bus = new SimulatedSpi(sent => [0, (byte)(values[(sent[1] >> 4) & 7] >> 8), (byte)values[(sent[1] >> 4) & 7]]);
        var time = new ManualTime();
        using var source = new Mcp3008Source(bus, "spi", new Mcp3008Options([0, 1, 2, 3], 250, 3.3, 1, 0), new SampleClock(250, time, time.Advance));
        var frame = new float[4];
        Assert.Equal(1, source.Read(frame));
        Assert.Equal(1650, frame[0], 1e-3f);
        Assert.True(float.IsNaN(frame[1]));
        Assert.True(float.IsNaN(frame[2]));
        Assert.Equal(825, frame[3], 1e-3f);
        Assert.Equal(new byte[] { 1, 0x80 | (3 << 4), 0 }, bus.Written[^1]);
    }

    [Fact]
    public void AnEmptyBusIsNoMcp3008()
    {
        var time = new ManualTime();
        using var source = new Mcp3008Source(new SimulatedSpi(_ => [255, 255, 255]), "spi", new Mcp3008Options([0], 250, 3.3, 1, 0), new SampleClock(250, time, time.Advance));
        Assert.All(ReadOneByOne(source, 10), s => Assert.True(float.IsNaN(s)));
    }

    private static Ads1115Source Open(SimulatedAds1115 chip, ManualTime time) => new(chip, "i2c://1/0x48", Options, new SampleClock(250, time, time.Advance));

    private static float[] ReadOneByOne(ISignalSource source, int count)
    {
        var samples = new float[count];
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(1, source.Read(samples.AsSpan(i, 1)));
        }
        return samples;
    }
}
