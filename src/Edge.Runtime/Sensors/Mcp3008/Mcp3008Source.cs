using System.Device.Spi;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Mcp3008;

/// <summary>How an MCP3008 is used.</summary>
/// <param name="Inputs">Inputs 0 to 7 against ground, one channel each.</param>
/// <param name="Reference">Voltage at VREF.</param>
/// <param name="Gain">Of the amplifier before the converter; samples are divided by it.</param>
/// <param name="Offset">Volts at the converter's input that stand for 0 mV.</param>
internal sealed record Mcp3008Options(int[] Inputs, double SampleRate, double Reference, double Gain, double Offset);

/// <summary>
/// Microchip MCP3008, a 10-bit converter with eight inputs at an SPI bus (data sheet DS21295): three bytes per sample, a start bit,
/// single-ended mode and the input number out, ten bits back. The computer's clock is the sampling clock.
/// </summary>
internal sealed class Mcp3008Source : PolledSignal
{
    private readonly SpiDevice _device;
    private readonly Mcp3008Options _options;

    /// <param name="device">Belongs to the source from here on.</param>
    /// <exception cref="EdgeException">An input, or the bus, does not exist.</exception>
    public Mcp3008Source(SpiDevice device, string place, Mcp3008Options options, SampleClock? clock = null)
        : base(place, options.SampleRate, [.. options.Inputs.Select(i => new ChannelInfo($"MCP3008 input {i}", "mV"))], clock)
    {
        if (options.Inputs.Length == 0 || options.Inputs.Any(i => i is < 0 or > 7))
        {
            device.Dispose();
            throw new EdgeException(EdgeError.BadSourceAddress, $"the inputs are [{string.Join(", ", options.Inputs)}], the MCP3008 has 0 to 7", "correct the parameter 'input'", place);
        }
        _device = device;
        _options = options;
        try
        {
            Convert(stackalloc float[options.Inputs.Length]);
        }
        catch (IOException exception)
        {
            device.Dispose();
            throw SourceErrors.Failed(place, $"the device does not answer: {exception.Message}", "enable SPI (raspi-config), and add the user to the group 'spi'", exception);
        }
    }

    public override void Dispose() => _device.Dispose();

    protected override void Convert(Span<float> frame)
    {
        Span<byte> read = stackalloc byte[3];
        for (int c = 0; c < frame.Length; c++)
        {
            _device.TransferFullDuplex([1, (byte)(0x80 | (_options.Inputs[c] << 4)), 0], read);
            // Bit 2 of the second byte is the null bit that comes before the value: with nothing on the bus it reads 1.
            int value = ((read[1] & 3) << 8) | read[2];
            bool isThere = (read[1] & 4) == 0;
            double volts = value * _options.Reference / 1024;
            frame[c] = !isThere || value is 0 or 1023 ? float.NaN : (float)((volts - _options.Offset) * 1000 / _options.Gain);
        }
    }
}
