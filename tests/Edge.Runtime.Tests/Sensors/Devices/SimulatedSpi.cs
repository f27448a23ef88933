using System.Device.Spi;

namespace Edge.Runtime.Tests.Sensors.Devices;

/// <summary>A chip at a simulated SPI bus: a function answers each transfer.</summary>
internal sealed class SimulatedSpi(Func<byte[], byte[]> answer) : SpiDevice
{
    public List<byte[]> Written { get; } = [];

    public bool IsDisposed { get; private set; }

    public override SpiConnectionSettings ConnectionSettings { get; } = new(0, 0);

    public override void Read(Span<byte> buffer) => TransferFullDuplex(new byte[buffer.Length], buffer);

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Written.Add(buffer.ToArray());
        answer(buffer.ToArray());
    }

    public override void TransferFullDuplex(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer)
    {
        Written.Add(writeBuffer.ToArray());
        answer(writeBuffer.ToArray()).CopyTo(readBuffer);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}

/// <summary>Time that passes only when somebody waits.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _now = 1000;

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _now, (long)Math.Round(time.TotalMicroseconds));
}
