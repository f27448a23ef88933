namespace Edge.Serve.Storage;

/// <summary>CRC-32 of IEEE 802.3 (polynomial EDB88320, reflected). "123456789" gives CBF43926.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i => Entry((uint)i))];

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }
        return ~crc;
    }

    private static uint Entry(uint value)
    {
        for (int i = 0; i < 8; i++)
        {
            value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320 : value >> 1;
        }
        return value;
    }
}
