namespace Edge.Runtime.Sensors.Serial;

/// <summary>CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, not reflected. "123456789" gives 29B1.</summary>
public static class Crc16
{
    public static ushort Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFF;
        foreach (byte value in bytes)
        {
            crc ^= (uint)value << 8;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
        }
        return (ushort)crc;
    }
}
