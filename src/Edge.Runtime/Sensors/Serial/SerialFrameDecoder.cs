using System.Buffers.Binary;

namespace Edge.Runtime.Sensors.Serial;

/// <summary>
/// Takes samples out of a serial line. A frame is <c>A5 5A | n | sequence | flags | n x 3 bytes | CRC</c>: n channels (1 to 8), a
/// sequence number modulo 256, flags (bit 0: an electrode is off), n signed 24-bit samples, little-endian, and the CRC-16/CCITT-FALSE
/// (polynomial 1021, start FFFF) of everything from n to the last sample, little-endian. After noise or a lost byte it finds the next
/// frame whose CRC is right; a hole in the sequence numbers says how many samples are missing.
/// </summary>
public sealed class SerialFrameDecoder
{
    public const int MostChannels = 8;

    private const int HeaderBytes = 5;
    private const int CrcBytes = 2;
    private const int MostFrameBytes = HeaderBytes + (3 * MostChannels) + CrcBytes;

    private readonly int _channels;
    private readonly byte[] _buffer = new byte[MostFrameBytes];
    private int _count;
    private int _sequence = -1;

    /// <param name="channels">Channels that every frame has to have.</param>
    public SerialFrameDecoder(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, MostChannels);
        _channels = channels;
    }

    /// <summary>Bytes that belonged to no frame.</summary>
    public long NoiseBytes { get; private set; }

    /// <summary>Frames that were lost, by the sequence numbers.</summary>
    public long LostFrames { get; private set; }

    /// <summary>Frames that came twice.</summary>
    public long DoubledFrames { get; private set; }

    /// <summary>What the newest frame says about the electrodes.</summary>
    public bool LeadOff { get; private set; }

    private int FrameBytes => HeaderBytes + (3 * _channels) + CrcBytes;

    /// <summary>Takes the next byte.</summary>
    /// <param name="samples">Gets the frame's samples.</param>
    /// <param name="lost">Frames that are missing before this one.</param>
    /// <returns>Whether it completed a frame.</returns>
    public bool Next(byte value, Span<int> samples, out int lost)
    {
        _buffer[_count++] = value;
        lost = 0;
        while (_count > 0)
        {
            int bad = CheckStart();
            if (bad > 0)
            {
                Drop(bad);
                NoiseBytes += bad;
                continue;
            }
            if (_count < FrameBytes)
            {
                return false;
            }
            if (Crc16.Compute(_buffer.AsSpan(2, FrameBytes - 2 - CrcBytes)) != BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(FrameBytes - CrcBytes)))
            {
                Drop(1);
                NoiseBytes++;
                continue;
            }
            bool isNew = Take(samples, out lost);
            Drop(FrameBytes);
            return isNew;
        }
        return false;
    }

    /// <summary>Writes a frame, for simulators and firmware tests.</summary>
    /// <returns>Its bytes.</returns>
    public static byte[] Encode(byte sequence, bool leadOff, ReadOnlySpan<int> samples)
    {
        var frame = new byte[HeaderBytes + (3 * samples.Length) + CrcBytes];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = (0xA5, 0x5A, (byte)samples.Length, sequence, leadOff ? (byte)1 : (byte)0);
        for (int i = 0; i < samples.Length; i++)
        {
            (frame[HeaderBytes + (3 * i)], frame[HeaderBytes + (3 * i) + 1], frame[HeaderBytes + (3 * i) + 2]) = ((byte)samples[i], (byte)(samples[i] >> 8), (byte)(samples[i] >> 16));
        }
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(frame.Length - CrcBytes), Crc16.Compute(frame.AsSpan(2, frame.Length - 2 - CrcBytes)));
        return frame;
    }

    /// <returns>How many bytes at the start cannot begin a frame.</returns>
    private int CheckStart() =>
        _buffer[0] != 0xA5 ? 1
        : _count > 1 && _buffer[1] != 0x5A ? 1
        : _count > 2 && _buffer[2] != _channels ? 1
        : 0;

    private bool Take(Span<int> samples, out int lost)
    {
        byte sequence = _buffer[3];
        LeadOff = (_buffer[4] & 1) != 0;
        lost = _sequence < 0 ? 0 : (byte)(sequence - _sequence - 1);
        if (lost == 255)
        {
            DoubledFrames++;
            lost = 0;
            return false;
        }
        LostFrames += lost;
        _sequence = sequence;
        for (int i = 0; i < _channels; i++)
        {
            int at = HeaderBytes + (3 * i);
            samples[i] = _buffer[at] | (_buffer[at + 1] << 8) | ((sbyte)_buffer[at + 2] << 16);
        }
        return true;
    }

    private void Drop(int count)
    {
        _buffer.AsSpan(count, _count - count).CopyTo(_buffer);
        _count -= count;
    }
}
