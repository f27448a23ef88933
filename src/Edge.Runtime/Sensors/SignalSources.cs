using System.Device.Gpio;
using System.Device.I2c;
using System.Device.Spi;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Ads1115;
using Edge.Runtime.Sensors.Ads129x;
using Edge.Runtime.Sensors.Edf;
using Edge.Runtime.Sensors.Max30003;
using Edge.Runtime.Sensors.Mcp3008;
using Edge.Runtime.Sensors.Serial;
using Edge.Runtime.Sensors.Synthetic;
using Edge.Runtime.Sensors.Wfdb;

namespace Edge.Runtime.Sensors;

/// <summary>Opens sources of samples by their address. A new kind of source is one line in <see cref="Schemes"/>, or in the chips of a bus.</summary>
public static class SignalSources
{
    /// <summary>SPI mode 1, as all of the ADS129x need.</summary>
    private const SpiMode AdsMode = SpiMode.Mode1;

    private static readonly (string Scheme, Func<SourceAddress, ISignalSource> Open)[] Schemes =
    [
        ("synthetic", OpenSynthetic),
        ("wfdb", a => OpenRecording(a, channel => new WfdbSource(a.Path, channel))),
        ("edf", a => OpenRecording(a, channel => new EdfSource(a.Path, channel))),
        ("i2c", OpenI2c),
        ("spi", OpenSpi),
        ("serial", OpenSerial),
    ];

    /// <summary>Whether the address is one of samples; cameras have other ones.</summary>
    public static bool Knows(SourceAddress address) =>
        address.Scheme == "synthetic" ? address.Path == "ecg" : Array.Exists(Schemes, s => s.Scheme == address.Scheme);

    /// <exception cref="EdgeException">The address is wrong, or the source cannot be opened.</exception>
    public static ISignalSource Open(SourceAddress address)
    {
        (string scheme, Func<SourceAddress, ISignalSource> open) = Array.Find(Schemes, s => s.Scheme == address.Scheme);
        if (scheme is null)
        {
            throw address.Wrong($"'{address.Scheme}' is no source of samples", $"use {string.Join(", ", Schemes.Select(s => s.Scheme + ":"))}");
        }
        ISignalSource source = open(address);
        try
        {
            address.RequireAllUsed();
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static SyntheticEcg OpenSynthetic(SourceAddress address)
    {
        if (address.Path != "ecg")
        {
            throw address.Wrong($"there is no synthetic source of samples '{address.Path}'", "use synthetic://ecg");
        }
        double seconds = address.Number("seconds", 0, 0, 1e9);
        double rate = address.Number("rate", 360, 50, 10_000);
        return new SyntheticEcg(new SyntheticEcgOptions
        {
            SampleRate = rate,
            HeartRate = address.Number("hr", 72, 20, 300),
            Noise = address.Number("noise", 0, 0, 100),
            Seed = address.Integer("seed", 1, int.MinValue, int.MaxValue),
            Length = seconds > 0 ? (long)(seconds * rate) : null,
        });
    }

    private static ISignalSource OpenRecording(SourceAddress address, Func<int, ISignalSource> open)
    {
        int channel = address.Integer("channel", 0, 0, 4095);
        return address.Word("loop", "no", "yes", "no") == "yes" ? new RepeatedSignal(() => open(channel)) : open(channel);
    }

    private static Ads1115Source OpenI2c(SourceAddress address)
    {
        string[] parts = address.Path.Split('/');
        if (parts.Length != 2)
        {
            throw address.Wrong($"'{address.Path}' is no bus and device", "write i2c://BUS/ADDRESS?chip=ads1115, for example i2c://1/0x48?chip=ads1115");
        }
        address.Word("chip", "", "ads1115");
        var settings = new I2cConnectionSettings(address.ToInteger("the bus", parts[0], 0, 255), address.ToInteger("the device", parts[1], 3, 0x77));
        var options = new Ads1115Options(
            address.Find("input") ?? "0",
            address.Number("range", 2.048, 0.256, 6.144),
            address.Number("rate", 250, 8, 860),
            address.Number("gain", 100, 1e-3, 1e6),
            address.Number("offset", 1.65, -5, 5));
        return new Ads1115Source(Device(address, () => I2cDevice.Create(settings)), address.Text, options);
    }

    private static ISignalSource OpenSpi(SourceAddress address)
    {
        string[] parts = address.Path.Split('.');
        if (parts.Length != 2)
        {
            throw address.Wrong($"'{address.Path}' is no bus and chip select", "write spi://BUS.SELECT?chip=mcp3008, for example spi://0.0?chip=mcp3008");
        }
        string chip = address.Word("chip", "", ["mcp3008", "max30003", .. Ads129xChip.All.Select(c => c.Name)]);
        var settings = new SpiConnectionSettings(address.ToInteger("the bus", parts[0], 0, 255), address.ToInteger("the chip select", parts[1], 0, 255))
        {
            Mode = chip.StartsWith("ads", StringComparison.Ordinal) ? AdsMode : SpiMode.Mode0,
            ClockFrequency = address.Integer("clock", 1_000_000, 10_000, 20_000_000),
        };
        if (chip == "mcp3008")
        {
            int[] inputs = [.. (address.Find("input") ?? "0").Split(',').Select(i => address.ToInteger("input", i, 0, 7))];
            var options = new Mcp3008Options(
                inputs, address.Number("rate", 250, 1, 5000), address.Number("reference", 3.3, 0.1, 6), address.Number("gain", 100, 1e-3, 1e6), address.Number("offset", 1.65, -5, 5));
            return new Mcp3008Source(Device(address, () => SpiDevice.Create(settings)), address.Text, options);
        }
        if (chip == "max30003")
        {
            return new Max30003Source(Device(address, () => SpiDevice.Create(settings)), address.Text, address.Integer("rate", 256, 1, 10_000), address.Integer("gain", 20, 1, 1000));
        }
        int pin = address.Integer("drdy", -1, 0, 1023);
        if (pin < 0)
        {
            throw address.Wrong("the pin of DRDY is not given", "add drdy=NUMBER, the GPIO number that DRDY is wired to");
        }
        return OpenAds129x(address, settings, chip, pin);
    }

    private static Ads129xSource OpenAds129x(SourceAddress address, SpiConnectionSettings settings, string chip, int pin)
    {
        GpioController gpio = Device(address, () => new GpioController());
        Device(address, () => gpio.OpenPin(pin, PinMode.Input));
        return new Ads129xSource(
            Device(address, () => SpiDevice.Create(settings)),
            time =>
            {
                using var limit = new CancellationTokenSource(time);
                return gpio.Read(pin) == PinValue.Low || !gpio.WaitForEvent(pin, PinEventTypes.Falling, limit.Token).TimedOut;
            },
            address.Text,
            chip,
            address.Integer("rate", 500, 1, 100_000));
    }

    private static SerialSource OpenSerial(SourceAddress address) => new(
        address.Path,
        address.Integer("baud", 115_200, 1, 4_000_000),
        address.Integer("channels", 1, 1, SerialFrameDecoder.MostChannels),
        address.Number("rate", 250, 1, 10_000),
        address.Number("unit", 0.001, 1e-9, 1000),
        TimeSpan.FromSeconds(address.Number("stall", 2, 0.1, 60)));

    /// <summary>Opens a bus; whatever it throws where there is none names the address.</summary>
    private static T Device<T>(SourceAddress address, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException or NotSupportedException or InvalidOperationException or ArgumentException or System.ComponentModel.Win32Exception or DllNotFoundException)
        {
            throw SourceErrors.Failed(address.Text, $"the bus cannot be opened: {exception.Message}", "enable it (raspi-config, dtparam) and add the user to the groups 'i2c', 'spi' and 'gpio'", exception);
        }
    }
}
