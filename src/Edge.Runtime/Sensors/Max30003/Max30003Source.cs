using System.Device.Spi;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Max30003;

/// <summary>
/// Analog Devices (Maxim) MAX30003, a one-lead ECG front-end at an SPI bus (data sheet 19-8558). Words are a byte of register number
/// and direction, then 24 bits. Samples of 18 bits wait in a FIFO of 32 with a tag: valid, last, empty or overflow. After an overflow
/// the FIFO is reset, and what was lost is missing.
/// </summary>
internal sealed class Max30003Source : ILeadSensing
{
    private const byte Status = 0x01;
    private const byte SoftReset = 0x08;
    private const byte Synch = 0x09;
    private const byte FifoReset = 0x0A;
    private const byte Info = 0x0F;
    private const byte General = 0x10;
    private const byte Inputs = 0x14;
    private const byte Ecg = 0x15;
    private const byte Fifo = 0x21;

    private const int TagValid = 0;
    private const int TagFast = 1;
    private const int TagLast = 2;
    private const int TagLastFast = 3;
    private const int TagOverflow = 7;

    private const uint LeadsOff = 1 << 20;

    /// <summary>ECG channel on, clock 32.768 kHz, DC lead-off detection with 10 nA, bias of 100 MOhm at both inputs.</summary>
    private const uint GeneralValue = 0x081217;

    /// <summary>Both inputs connected.</summary>
    private const uint InputsValue = 0;

    private const int FifoDepth = 32;

    private readonly SpiDevice _device;
    private readonly string _place;
    private readonly TimeProvider _time;
    private readonly Action<TimeSpan> _sleep;
    private readonly double _millivoltsPerUnit;
    private long? _start;
    private long _given;
    private int _missing;

    /// <param name="device">In mode 0; belongs to the source from here on.</param>
    /// <param name="sampleRate">128, 256 or 512.</param>
    /// <param name="gain">20, 40, 80 or 160.</param>
    /// <exception cref="EdgeException">The chip does not answer, or an option is unknown.</exception>
    public Max30003Source(SpiDevice device, string place, int sampleRate, int gain, TimeProvider? time = null, Action<TimeSpan>? sleep = null)
    {
        _device = device;
        _place = place;
        _time = time ?? TimeProvider.System;
        _sleep = sleep ?? Thread.Sleep;
        SampleRate = sampleRate;
        // VECG = code / (2^17 * gain) volts.
        _millivoltsPerUnit = 1000.0 / ((1 << 17) * (double)gain);
        try
        {
            SetUp(sampleRate, gain);
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

    public IReadOnlyList<ChannelInfo> Channels { get; } = [new ChannelInfo("ECG", "mV")];

    public double SampleRate { get; }

    public long? Length => null;

    public bool LeadOff { get; private set; }

    public long Errors { get; private set; }

    public int Read(Span<float> frames)
    {
        int done = 0;
        long start = _time.GetTimestamp();
        while (done == 0 && frames.Length > 0)
        {
            for (; _missing > 0 && done < frames.Length; _missing--)
            {
                frames[done++] = float.NaN;
            }
            done += Drain(frames[done..]);
            if (done == 0)
            {
                if (_time.GetElapsedTime(start) > TimeSpan.FromSeconds(1))
                {
                    throw SourceErrors.Stalled(_place, 1);
                }
                _sleep(TimeSpan.FromSeconds(FifoDepth / 4 / SampleRate));
            }
        }
        _given += done;
        return done;
    }

    public void Dispose() => _device.Dispose();

    /// <summary>Takes what waits in the FIFO.</summary>
    private int Drain(Span<float> frames)
    {
        int done = 0;
        try
        {
            LeadOff = (ReadWord(Status) & LeadsOff) != 0;
            while (done < frames.Length && _missing == 0)
            {
                uint word = ReadWord(Fifo);
                int tag = (int)(word >> 3) & 7;
                if (tag == TagOverflow)
                {
                    LoseOverflow(done);
                    break;
                }
                if (tag is not (TagValid or TagFast or TagLast or TagLastFast))
                {
                    break; // empty
                }
                int value = (int)(word << 8) >> 14; // bits 23 to 6, signed
                frames[done++] = value is (1 << 17) - 1 or -(1 << 17) || tag is TagFast or TagLastFast ? float.NaN : (float)(value * _millivoltsPerUnit);
                _start ??= _time.GetTimestamp();
                if (tag is TagLast or TagLastFast)
                {
                    break;
                }
            }
        }
        catch (IOException exception)
        {
            Errors++;
            throw SourceErrors.Failed(_place, $"the transfer failed: {exception.Message}", "check wiring and power", exception);
        }
        return done;
    }

    /// <summary>Starts the FIFO anew; the clock tells how many samples are gone.</summary>
    private void LoseOverflow(int pending)
    {
        Errors++;
        WriteWord(FifoReset, 0);
        if (_start is { } start)
        {
            long due = (long)(_time.GetElapsedTime(start).TotalSeconds * SampleRate);
            _missing = (int)Math.Clamp(due - _given - pending, 0, int.MaxValue);
        }
    }

    private void SetUp(int sampleRate, int gain)
    {
        uint rate = sampleRate switch { 512 => 0, 256 => 1, 128 => 2, _ => throw Unknown($"the rate is {sampleRate} Hz", "use rate=128, 256 or 512") };
        uint amplification = gain switch { 20 => 0, 40 => 1, 80 => 2, 160 => 3, _ => throw Unknown($"the gain is {gain}", "use gain=20, 40, 80 or 160") };
        WriteWord(SoftReset, 0);
        uint info = ReadWord(Info);
        if (info >> 20 != 0b0101)
        {
            throw SourceErrors.Failed(_place, $"register INFO reads {info:X6}, a MAX30003 begins with 5", "check wiring and power");
        }
        WriteWord(General, GeneralValue);
        WriteWord(Inputs, InputsValue);
        // Rate, gain, high-pass 0.5 Hz, low-pass 40 Hz.
        WriteWord(Ecg, (rate << 22) | (amplification << 16) | (1 << 14) | (1 << 12));
        WriteWord(Synch, 0);
    }

    private EdgeException Unknown(string problem, string remedy) => new(EdgeError.BadSourceAddress, problem, remedy, _place);

    private uint ReadWord(byte register)
    {
        Span<byte> read = stackalloc byte[4];
        _device.TransferFullDuplex([(byte)((register << 1) | 1), 0, 0, 0], read);
        return ((uint)read[1] << 16) | ((uint)read[2] << 8) | read[3];
    }

    private void WriteWord(byte register, uint value) =>
        _device.Write([(byte)(register << 1), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
}
