using System.Buffers.Binary;
using System.Device.I2c;

namespace Edge.Runtime.Sensors.Ads1115;

/// <summary>How an ADS1115 is used.</summary>
/// <param name="Input"><c>0</c> to <c>3</c> against ground, or <c>0-1</c>, <c>0-3</c>, <c>1-3</c>, <c>2-3</c> as a difference.</param>
/// <param name="FullScale">Range in volts: 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256.</param>
/// <param name="SampleRate">Samples per second that are taken, up to 860. The converter runs at the next of its rates above it.</param>
/// <param name="Gain">Of the amplifier before the converter; samples are divided by it.</param>
/// <param name="Offset">Volts at the converter's input that stand for 0 mV.</param>
internal sealed record Ads1115Options(string Input, double FullScale, double SampleRate, double Gain, double Offset);

/// <summary>
/// Texas Instruments ADS1115, a 16-bit converter with up to 860 samples per second at an I2C bus (data sheet SBAS444): register 0
/// holds the newest conversion, register 1 the configuration; both are big-endian. It converts continuously and is read at the
/// sample clock. An AD8232 at its input makes it a one-lead ECG.
/// </summary>
internal sealed class Ads1115Source : PolledSignal
{
    private const byte Conversion = 0;
    private const byte Configuration = 1;

    private static readonly (string Input, int Code)[] Inputs =
        [("0-1", 0), ("0-3", 1), ("1-3", 2), ("2-3", 3), ("0", 4), ("1", 5), ("2", 6), ("3", 7)];

    private static readonly double[] Ranges = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256];
    private static readonly int[] Rates = [8, 16, 32, 64, 128, 250, 475, 860];

    private readonly I2cDevice _device;
    private readonly Ads1115Options _options;

    /// <param name="device">Belongs to the source from here on.</param>
    /// <exception cref="Diagnostics.EdgeException">An option is unknown, or the device does not answer as an ADS1115.</exception>
    public Ads1115Source(I2cDevice device, string place, Ads1115Options options, SampleClock? clock = null)
        : base(place, options.SampleRate, [new ChannelInfo($"ADS1115 input {options.Input}", "mV")], clock)
    {
        _device = device;
        _options = options;
        try
        {
            ushort wanted = ConfigurationOf(options, place);
            Span<byte> bytes = stackalloc byte[3];
            bytes[0] = Configuration;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], wanted);
            device.Write(bytes);
            Span<byte> read = stackalloc byte[2];
            device.WriteRead([Configuration], read);
            // Bit 15 is the state of a conversion, not what was written.
            if (((BinaryPrimitives.ReadUInt16BigEndian(read) ^ wanted) & 0x7FFF) != 0)
            {
                throw SourceErrors.Failed(place, $"the device's configuration reads {BinaryPrimitives.ReadUInt16BigEndian(read):X4} after {wanted:X4} was written: it is no ADS1115", "check the address: 0x48 to 0x4B");
            }
        }
        catch (IOException exception)
        {
            device.Dispose();
            throw SourceErrors.Failed(place, $"the device does not answer: {exception.Message}", "check wiring and address (i2cdetect -y 1); the user has to be in the group 'i2c'", exception);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>The configuration register: input, range, continuous mode, rate, comparator off.</summary>
    internal static ushort ConfigurationOf(Ads1115Options options, string place)
    {
        int input = Array.FindIndex(Inputs, i => i.Input == options.Input);
        int range = Array.IndexOf(Ranges, options.FullScale);
        int rate = Array.FindIndex(Rates, r => r >= options.SampleRate);
        if (input < 0 || range < 0 || rate < 0)
        {
            throw new Diagnostics.EdgeException(
                Diagnostics.EdgeError.BadSourceAddress,
                $"input {options.Input}, range {options.FullScale} V, rate {options.SampleRate} Hz: one of them the ADS1115 does not have",
                $"inputs {string.Join(", ", Inputs.Select(i => i.Input))}; ranges {string.Join(", ", Ranges)} V; up to {Rates[^1]} Hz",
                place);
        }
        return (ushort)((Inputs[input].Code << 12) | (range << 9) | (rate << 5) | 0b11);
    }

    public override void Dispose() => _device.Dispose();

    protected override void Convert(Span<float> frame)
    {
        Span<byte> read = stackalloc byte[2];
        _device.WriteRead([Conversion], read);
        short value = BinaryPrimitives.ReadInt16BigEndian(read);
        double volts = value * _options.FullScale / 32768;
        // At its rails a converter says nothing about the signal.
        frame[0] = value is short.MaxValue or short.MinValue ? float.NaN : (float)((volts - _options.Offset) * 1000 / _options.Gain);
    }
}
