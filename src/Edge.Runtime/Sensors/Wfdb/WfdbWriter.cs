using System.Globalization;
using System.Text;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>
/// Writes a WFDB record while it grows: all signals in one file of format 16 or 212, one sample per frame. The header is written
/// at the start without a length, so that an interrupted recording can be read, and again at the end with length and checksums.
/// Missing samples are stored as such; values beyond the format's range are clipped and counted.
/// </summary>
public sealed class WfdbWriter : IDisposable
{
    private const int BufferFrames = 1024;

    private readonly string _stem;
    private readonly WfdbSignal[] _signals;
    private readonly double _frameRate;
    private readonly GrowingFile _file;
    private readonly int _format;
    private readonly int[] _pending;
    private readonly byte[] _bytes;
    private readonly int[] _sums;
    private readonly int[] _first;
    private int _count;

    /// <summary>Creates or replaces <paramref name="stem"/>.hea and .dat.</summary>
    /// <param name="stem">Path without extension; its last part is the record's name: letters, digits, - and _.</param>
    /// <param name="signals">Format (one for all), gain, baseline, unit and description are used.</param>
    /// <exception cref="EdgeException">A field cannot be written, or a file cannot be created.</exception>
    public WfdbWriter(string stem, double frameRate, IReadOnlyList<WfdbSignal> signals)
    {
        _stem = stem;
        _signals = [.. signals];
        _frameRate = frameRate;
        Require(_signals.Length > 0 && frameRate > 0 && double.IsFinite(frameRate), "a record has at least one signal and a rate above 0");
        string name = Path.GetFileName(stem);
        Require(name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), $"'{name}' is no record name: letters, digits, - and _ are allowed");
        _format = _signals[0].Format;
        Require(_format is 16 or 212 && _signals.All(s => s.Format == _format && s.SamplesPerFrame == 1), "all signals have the format 16 or 212 and one sample per frame");
        foreach (WfdbSignal signal in _signals)
        {
            Require(signal.Gain != 0 && double.IsFinite(signal.Gain), $"the gain of '{signal.Description}' is {signal.Gain}");
            Require(signal.Unit.Length > 0 && !signal.Unit.Any(char.IsWhiteSpace) && !signal.Description.AsSpan().ContainsAny('\r', '\n'), $"the unit '{signal.Unit}' or the description '{signal.Description}' cannot be written");
        }
        // Two frames of format 212 end on a byte whatever the number of signals.
        _pending = new int[_signals.Length * BufferFrames];
        _bytes = new byte[_pending.Length * 2];
        _sums = new int[_signals.Length];
        _first = new int[_signals.Length];
        WriteHeader(final: false);
        _file = new GrowingFile(_stem + ".dat");
    }

    /// <summary>Frames written so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Samples that were beyond the format's range.</summary>
    public long Clipped { get; private set; }

    /// <summary>Appends frames in physical units, interleaved; NaN where there is no sample.</summary>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public void Write(ReadOnlySpan<float> frames)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(frames.Length % _signals.Length, 0);
        for (int i = 0; i < frames.Length; i++)
        {
            int s = i % _signals.Length;
            int value = ToDigital(frames[i], _signals[s]);
            _sums[s] += value;
            if (Frames == 0)
            {
                _first[s] = value;
            }
            _pending[_count++] = value;
            if (s == _signals.Length - 1)
            {
                Frames++;
            }
            if (_count == _pending.Length)
            {
                WritePending();
            }
        }
    }

    /// <summary>
    /// Writes what is buffered, the header with length and checksums, and closes the files. After a write that failed the header stays
    /// without a length: the record holds what the file holds.
    /// </summary>
    public void Dispose()
    {
        if (_file.Close(WritePending))
        {
            WriteHeader(final: true);
        }
    }

    private int ToDigital(float value, WfdbSignal signal)
    {
        int most = _format == 16 ? short.MaxValue : 2047;
        if (float.IsNaN(value))
        {
            return -most - 1;
        }
        double digital = Math.Round((value * signal.Gain) + signal.Baseline);
        Clipped += Math.Abs(digital) > most ? 1 : 0;
        return (int)Math.Clamp(digital, -most, most);
    }

    private void WritePending()
    {
        int bytes = 0;
        if (_format == 16)
        {
            for (int i = 0; i < _count; i++)
            {
                _bytes[bytes++] = (byte)_pending[i];
                _bytes[bytes++] = (byte)(_pending[i] >> 8);
            }
        }
        else
        {
            for (int i = 0; i < _count; i += 2)
            {
                int first = _pending[i];
                int second = i + 1 < _count ? _pending[i + 1] : 0;
                _bytes[bytes++] = (byte)first;
                _bytes[bytes++] = (byte)(((first >> 8) & 0x0F) | ((second >> 4) & 0xF0));
                if (i + 1 < _count)
                {
                    _bytes[bytes++] = (byte)second;
                }
            }
        }
        _count = 0;
        _file.Write(_bytes.AsSpan(0, bytes));
    }

    private void WriteHeader(bool final)
    {
        string name = Path.GetFileName(_stem);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{name} {_signals.Length} {_frameRate:R}");
        text.Append(final ? string.Create(CultureInfo.InvariantCulture, $" {Frames}\n") : "\n");
        for (int s = 0; s < _signals.Length; s++)
        {
            WfdbSignal signal = _signals[s];
            int resolution = _format == 16 ? 16 : 12;
            text.Append(CultureInfo.InvariantCulture, $"{name}.dat {_format} {signal.Gain:R}({signal.Baseline})/{signal.Unit} {resolution} {signal.AdcZero}");
            // Without these three fields a description could not be told from an initial value.
            string sums = final ? string.Create(CultureInfo.InvariantCulture, $" {_first[s]} {(short)_sums[s]} 0") : "";
            text.Append(sums).Append(sums.Length > 0 && signal.Description.Length > 0 ? " " + signal.Description : "").Append('\n');
        }
        using FileStream file = RecordingFile.Create(_stem + ".hea");
        try
        {
            file.Write(Encoding.Latin1.GetBytes(text.ToString()));
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unwritable(_stem + ".hea", exception);
        }
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.RecordingUnwritable, problem, "correct the description of the recording", _stem);
        }
    }
}
