namespace Edge.Runtime.Sensors.Ads129x;

/// <summary>What tells the members of the family apart.</summary>
/// <param name="Id">Register 0.</param>
/// <param name="Channels">Channels in every frame.</param>
/// <param name="RateCodes">Samples per second and the code for CONFIG1.</param>
/// <param name="ReferenceVolts">Of the internal reference.</param>
/// <param name="LeadOffMask">Bits of the 24-bit status that say that an electrode is off.</param>
/// <param name="Setup">Registers that are written, with CONFIG1 without its rate.</param>
internal sealed record Ads129xChip(
    string Name,
    byte Id,
    int Channels,
    (int Rate, byte Code)[] RateCodes,
    double ReferenceVolts,
    uint LeadOffMask,
    (byte Register, byte Value)[] Setup)
{
    public const byte Config1 = 0x01;

    private static readonly (int, byte)[] SmallRates = [(125, 0), (250, 1), (500, 2), (1000, 3), (2000, 4), (4000, 5), (8000, 6)];

    /// <summary>Bit 7 is the high-resolution mode.</summary>
    private static readonly (int, byte)[] LargeRates = [(500, 0x86), (1000, 0x85), (2000, 0x84), (4000, 0x83), (8000, 0x82)];

    /// <summary>Data sheets SBAS502 (ADS1291, ADS1292, ADS1292R) and SBAS459 (ADS1294 to ADS1298). Gain 6 everywhere.</summary>
    public static readonly Ads129xChip[] All =
    [
        new("ads1291", 0x52, 1, SmallRates, 2.42, 0x0F0000 >> 1, SmallSetup),
        new("ads1292", 0x53, 2, SmallRates, 2.42, 0x0F0000 >> 1, SmallSetup),
        new("ads1292r", 0x73, 2, SmallRates, 2.42, 0x0F0000 >> 1, SmallSetup),
        new("ads1294", 0x90, 4, LargeRates, 2.4, 0x0FFFF0, LargeSetup),
        new("ads1296", 0x91, 6, LargeRates, 2.4, 0x0FFFF0, LargeSetup),
        new("ads1298", 0x92, 8, LargeRates, 2.4, 0x0FFFF0, LargeSetup),
    ];

    /// <summary>CONFIG2: reference and lead-off comparators on. LOFF_SENS: electrodes of both channels. CH1SET, CH2SET: gain 6, electrodes.</summary>
    private static (byte, byte)[] SmallSetup => [(0x02, 0xE0), (0x03, 0x10), (0x04, 0x00), (0x05, 0x00), (0x06, 0x0F)];

    /// <summary>CONFIG3: reference on. CONFIG4: lead-off comparators on. LOFF_SENSP, LOFF_SENSN: all electrodes.</summary>
    private static (byte, byte)[] LargeSetup => [(0x02, 0x00), (0x03, 0xC0), (0x17, 0x02), (0x0F, 0xFF), (0x10, 0xFF)];
}
