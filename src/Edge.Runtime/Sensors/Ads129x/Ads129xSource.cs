using System.Device.Spi;
using System.Diagnostics;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Ads129x;

/// <summary>
/// Texas Instruments ADS129x, 24-bit front-ends for ECG with 1 to 8 channels at an SPI bus (data sheets SBAS502, SBAS459). After each
/// conversion a frame is clocked out: 24 bits of status that begin with 1100 and tell of electrodes, then 24 bits of two's
/// complement per channel. A status that does not begin so, or a conversion that came too late, is a missing sample.
/// </summary>
internal sealed class Ads129xSource : ILeadSensing
{
    private const byte Reset = 0x06;
    private const byte Start = 0x08;
    private const byte ReadContinuously = 0x10;
    private const byte StopContinuously = 0x11;
    private const byte ReadRegister = 0x20;
    private const byte WriteRegister = 0x40;

    private const int Gain = 6;
    private const int FullScale = (1 << 23) - 1;

    private readonly SpiDevice _device;
    private readonly Func<TimeSpan, bool> _waitForData;
    private readonly string _place;
    private readonly Ads129xChip _chip;
    private readonly byte[] _frame;
    private readonly byte[] _zeros;
    private readonly double _millivoltsPerUnit;
    private readonly TimeProvider _time;
    private long? _start;
    private long _given;
    private int _bad;

    /// <param name="device">In mode 1; belongs to the source from here on.</param>
    /// <param name="waitForData">Waits for the falling edge of DRDY; false where it does not come in the time.</param>
    /// <exception cref="EdgeException">The chip is another one, or the rate is unknown.</exception>
    public Ads129xSource(SpiDevice device, Func<TimeSpan, bool> waitForData, string place, string chip, int sampleRate, TimeProvider? time = null)
    {
        _device = device;
        _waitForData = waitForData;
        _place = place;
        _time = time ?? TimeProvider.System;
        _chip = Array.Find(Ads129xChip.All, c => c.Name == chip)!;
        _frame = new byte[3 + (3 * _chip.Channels)];
        _zeros = new byte[_frame.Length];
        _millivoltsPerUnit = _chip.ReferenceVolts * 1000 / Gain / FullScale;
        SampleRate = sampleRate;
        Channels = [.. Enumerable.Range(1, _chip.Channels).Select(i => new ChannelInfo($"channel {i}", "mV"))];
        try
        {
            SetUp(sampleRate);
        }
        catch (IOException exception)
        {
            device.Dispose();
            throw SourceErrors.Failed(place, $"the device does not answer: {exception.Message}", "check the wiring; the user has to be in the group 'spi'", exception);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public IReadOnlyList<ChannelInfo> Channels { get; }

    public double SampleRate { get; }

    public long? Length => null;

    public bool LeadOff { get; private set; }

    public long Errors { get; private set; }

    public int Read(Span<float> frames)
    {
        int channels = Channels.Count;
        int room = frames.Length / channels;
        if (room == 0)
        {
            return 0;
        }
        if (Missing() is > 0 and int missing)
        {
            missing = Math.Min(missing, room);
            frames[..(missing * channels)].Fill(float.NaN);
            Errors += missing;
            _given += missing;
            return missing;
        }
        if (!_waitForData(TimeSpan.FromSeconds(1)))
        {
            throw SourceErrors.Stalled(_place, 1);
        }
        Take(frames[..channels]);
        _start ??= _time.GetTimestamp();
        _given++;
        return 1;
    }

    public void Dispose() => _device.Dispose();

    /// <summary>Conversions that nobody fetched in time: more than two behind the clock since the first one.</summary>
    private int Missing()
    {
        if (_start is not { } start)
        {
            return 0;
        }
        double due = _time.GetElapsedTime(start).TotalSeconds * SampleRate;
        const double Tolerance = 0.001; // the chip's clock may be 0.1 % off
        double behind = due - (due * Tolerance) - _given;
        return behind > 2 ? (int)behind : 0;
    }

    private void Take(Span<float> frame)
    {
        bool good;
        try
        {
            _device.TransferFullDuplex(_zeros, _frame);
            good = _frame[0] >> 4 == 0b1100;
        }
        catch (IOException)
        {
            good = false;
        }
        if (!good)
        {
            Errors++;
            frame.Fill(float.NaN);
            if (++_bad >= SampleRate)
            {
                throw SourceErrors.Failed(_place, "a second of frames did not begin with 1100: the chip has lost its set-up", "check wiring and power");
            }
            return;
        }
        _bad = 0;
        LeadOff = (Word(0) & _chip.LeadOffMask) != 0;
        for (int c = 0; c < frame.Length; c++)
        {
            int value = (int)(Word(1 + c) << 8) >> 8;
            frame[c] = Math.Abs(value) >= FullScale ? float.NaN : (float)(value * _millivoltsPerUnit);
        }
    }

    private uint Word(int index) => ((uint)_frame[3 * index] << 16) | ((uint)_frame[(3 * index) + 1] << 8) | _frame[(3 * index) + 2];

    private void SetUp(int sampleRate)
    {
        byte? rate = Array.Exists(_chip.RateCodes, r => r.Rate == sampleRate) ? Array.Find(_chip.RateCodes, r => r.Rate == sampleRate).Code : null;
        if (rate is null)
        {
            throw new EdgeException(EdgeError.BadSourceAddress, $"the rate is {sampleRate} Hz, the {_chip.Name} has {string.Join(", ", _chip.RateCodes.Select(r => r.Rate))}", "correct the parameter 'rate'", _place);
        }
        _device.Write([Reset]);
        Pause(TimeSpan.FromMilliseconds(10)); // 18 clock cycles at least
        _device.Write([StopContinuously]);
        Span<byte> answer = stackalloc byte[3];
        _device.TransferFullDuplex([ReadRegister, 0, 0], answer);
        if (answer[2] != _chip.Id)
        {
            throw SourceErrors.Failed(_place, $"the chip's identity is {answer[2]:X2}, an {_chip.Name} has {_chip.Id:X2}", "check the wiring, the power, and the parameter 'chip'");
        }
        _device.Write([WriteRegister | Ads129xChip.Config1, 0, rate.Value]);
        foreach ((byte register, byte value) in _chip.Setup)
        {
            _device.Write([(byte)(WriteRegister | register), 0, value]);
        }
        _device.Write([Start]);
        _device.Write([ReadContinuously]);
    }

    private static void Pause(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            Thread.Sleep(1);
        }
    }
}
