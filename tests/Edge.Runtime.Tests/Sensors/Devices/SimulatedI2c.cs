using System.Buffers.Binary;
using System.Device.I2c;

namespace Edge.Runtime.Tests.Sensors.Devices;

/// <summary>An ADS1115 at a simulated bus: registers, a conversion that a test sets, and failures.</summary>
internal sealed class SimulatedAds1115 : I2cDevice
{
    private readonly ushort[] _registers = [0, 0x8583, 0x8000, 0x7FFF];
    private int _pointer;

    public short Conversion { get; set; }

    public ushort Configuration => _registers[1];

    /// <summary>Transfers that fail with a NACK from here on; -1 = for ever.</summary>
    public int Nacks { get; set; }

    /// <summary>Reads of the configuration give this instead.</summary>
    public ushort? ForeignConfiguration { get; set; }

    public bool IsDisposed { get; private set; }

    public override I2cConnectionSettings ConnectionSettings { get; } = new(1, 0x48);

    public override void Read(Span<byte> buffer)
    {
        Transfer();
        ushort value = _pointer == 0 ? (ushort)Conversion : _pointer == 1 && ForeignConfiguration is { } foreign ? foreign : _registers[_pointer];
        BinaryPrimitives.WriteUInt16BigEndian(buffer, value);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Transfer();
        _pointer = buffer[0];
        if (buffer.Length == 3)
        {
            _registers[_pointer] = BinaryPrimitives.ReadUInt16BigEndian(buffer[1..]);
        }
    }

    public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer)
    {
        Write(writeBuffer);
        Read(readBuffer);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }

    private void Transfer()
    {
        if (Nacks != 0)
        {
            Nacks -= Nacks > 0 ? 1 : 0;
            throw new IOException("Error 121: remote I/O error");
        }
    }
}
