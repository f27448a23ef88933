using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Ads129x;
using Edge.Runtime.Sensors.Max30003;
using Edge.Runtime.Tests.Sensors.Devices;

namespace Edge.Runtime.Tests.Sensors;

/// <summary>ECG front-ends at simulated buses.</summary>
public class FrontEndTests
{
    [Fact]
    public void Ads1292RIsSetUpAndReadInMillivolts()
    {
        var chip = new Ads1292();
        using Ads129xSource source = chip.Open();
        Assert.Equal(0x02, chip.Registers[1]); // 500 samples per second
        Assert.True(chip.Continuous);
        chip.Frame = [0xC0, 0, 0, 0x40, 0, 0, 0xC0, 0, 0];
        var samples = new float[2];
        Assert.Equal(1, source.Read(samples));
        // Half of the full scale of 2.42 V / 6.
        Assert.Equal(2420f / 6 / 2, samples[0], 1e-2f);
        Assert.Equal(-2420f / 6 / 2, samples[1], 1e-2f);
        Assert.False(source.LeadOff);
        chip.Frame = [0xC0, 0x80, 0, 0x7F, 0xFF, 0xFF, 0, 0, 0]; // IN1P is off, channel 1 at its rail
        source.Read(samples);
        Assert.True(source.LeadOff);
        Assert.Equal([float.NaN, 0], samples);
    }

    [Fact]
    public void Ads129xFramesWithAWrongStatusAreMissingAndASecondOfThemEndsTheSource()
    {
        var chip = new Ads1292();
        using Ads129xSource source = chip.Open();
        var samples = new float[2];
        chip.Frame = new byte[9];
        source.Read(samples);
        Assert.Equal([float.NaN, float.NaN], samples);
        Assert.Equal(1, source.Errors);
        Assert.Equal(EdgeError.SourceFailed, Assert.Throws<EdgeException>(() =>
        {
            for (int i = 0; i < 600; i++)
            {
                source.Read(samples);
            }
        }).Error);
    }

    [Fact]
    public void Ads129xWithoutDataReadyStalls()
    {
        var chip = new Ads1292 { DataReady = false };
        using Ads129xSource source = chip.Open();
        Assert.Contains("nothing came", Assert.Throws<EdgeException>(() => source.Read(new float[2])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ads129xConversionsThatNobodyFetchedAreMissing()
    {
        var chip = new Ads1292 { Frame = [0xC0, 0, 0, 0, 0, 1, 0, 0, 1] };
        using Ads129xSource source = chip.Open();
        var samples = new float[200];
        Assert.Equal(1, source.Read(samples));
        chip.Time.Advance(TimeSpan.FromMilliseconds(100)); // 50 conversions at 500 per second, one of which was read
        int missing = source.Read(samples);
        Assert.InRange(missing, 48, 50);
        Assert.All(samples[..(2 * missing)], s => Assert.True(float.IsNaN(s)));
    }

    [Fact]
    public void AnotherChipIsRefused()
    {
        var chip = new Ads1292 { Id = 0x92 };
        Assert.Contains("identity is 92", Assert.Throws<EdgeException>(chip.Open).Message, StringComparison.Ordinal);
        Assert.True(chip.Bus.IsDisposed);
    }

    [Fact]
    public void Max30003SamplesAreReadUntilTheFifoIsEmpty()
    {
        var chip = new Max30003Chip();
        using Max30003Source source = chip.Open();
        chip.Push(1000, 0);
        chip.Push(-1000, 0);
        chip.Push(131071, 0); // the rail
        chip.Push(500, 2); // the last one
        var samples = new float[10];
        Assert.Equal(4, source.Read(samples));
        // 1000 / (2^17 * 20) V
        Assert.Equal(1e6f / (131072 * 20), samples[0], 1e-4f);
        Assert.Equal(-samples[0], samples[1]);
        Assert.True(float.IsNaN(samples[2]));
        Assert.Equal(samples[0] / 2, samples[3], 1e-5f);
    }

    [Fact]
    public void Max30003OverflowIsAGapOfTheRightLength()
    {
        var chip = new Max30003Chip();
        using Max30003Source source = chip.Open();
        chip.Push(1, 2);
        var samples = new float[500];
        Assert.Equal(1, source.Read(samples));
        chip.Time.Advance(TimeSpan.FromSeconds(1)); // 256 samples
        chip.Push(0, 7);
        chip.AfterReset = () => chip.Push(2, 2);
        int count = source.Read(samples);
        Assert.InRange(count, 250, 257);
        Assert.All(samples[..(count - 1)], s => Assert.True(float.IsNaN(s)));
        Assert.False(float.IsNaN(samples[count - 1]));
        Assert.Equal(1, source.Errors);
    }

    [Fact]
    public void Max30003TellsOfElectrodesAndOfSilence()
    {
        var chip = new Max30003Chip { Status = 1 << 20 };
        using Max30003Source source = chip.Open();
        chip.Push(1, 2);
        source.Read(new float[4]);
        Assert.True(source.LeadOff);
        Assert.Contains("nothing came", Assert.Throws<EdgeException>(() => source.Read(new float[4])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Max30003ThatDoesNotAnswerIsRefused()
    {
        var chip = new Max30003Chip { Info = 0 };
        Assert.Contains("INFO", Assert.Throws<EdgeException>(chip.Open).Message, StringComparison.Ordinal);
        Assert.True(chip.Bus.IsDisposed);
        Assert.Equal(EdgeError.BadSourceAddress, Assert.Throws<EdgeException>(() => new Max30003Source(new Max30003Chip().Bus, "spi", 300, 20)).Error);
    }

    private sealed class Ads1292
    {
        public Ads1292() => Bus = new SimulatedSpi(Answer);

        public SimulatedSpi Bus { get; }

        public ManualTime Time { get; } = new();

        public byte Id { get; init; } = 0x73;

        public bool DataReady { get; init; } = true;

        public byte[] Registers { get; } = new byte[32];

        public byte[] Frame { get; set; } = new byte[9];

        public bool Continuous { get; private set; }

        public Ads129xSource Open() => new(Bus, _ => DataReady, "spi", "ads1292r", 500, Time);

        private byte[] Answer(byte[] sent)
        {
            switch (sent)
            {
                case [0x10]: Continuous = true; break;
                case [0x11]: Continuous = false; break;
                case [>= 0x40 and < 0x60, 0, byte value]: Registers[sent[0] & 0x1F] = value; break;
                case [>= 0x20 and < 0x40, 0, 0]: return [0, 0, sent[0] == 0x20 ? Id : Registers[sent[0] & 0x1F]];
                case { Length: 9 } when Continuous: return Frame;
            }
            return new byte[sent.Length];
        }
    }

    private sealed class Max30003Chip
    {
        private readonly Queue<uint> _fifo = new();

        public Max30003Chip() => Bus = new SimulatedSpi(Answer);

        public SimulatedSpi Bus { get; }

        public ManualTime Time { get; } = new();

        public uint Info { get; init; } = 0x512000;

        public uint Status { get; init; }

        public Action? AfterReset { get; set; }

        public Max30003Source Open() => new(Bus, "spi", 256, 20, Time, Time.Advance);

        public void Push(int value, uint tag) => _fifo.Enqueue((((uint)value & 0x3FFFF) << 6) | (tag << 3));

        private byte[] Answer(byte[] sent)
        {
            const uint Empty = 6 << 3;
            if (sent[0] == 0x0A << 1)
            {
                _fifo.Clear();
                AfterReset?.Invoke();
            }
            uint word = sent[0] switch
            {
                (0x0F << 1) | 1 => Info,
                (0x01 << 1) | 1 => Status,
                (0x21 << 1) | 1 => _fifo.TryDequeue(out uint next) ? next : Empty,
                _ => 0,
            };
            return [0, (byte)(word >> 16), (byte)(word >> 8), (byte)word];
        }
    }
}
