namespace Edge.Kernels.Dispatch;

/// <summary>What a device is good at, by which its kernels choose tiles.</summary>
/// <param name="Parallel">Tiles that it works on at a time.</param>
/// <param name="Rate128">Share of the best rate that tiles of 128 rows and columns reach, above 0 and at most 1.</param>
/// <param name="Rate64">The same for 64.</param>
/// <param name="Rate32">The same for 32.</param>
public sealed record DeviceProfile(int Parallel, double Rate128, double Rate64, double Rate32)
{
    /// <summary>Largest tensor that a kernel can be given.</summary>
    public long MaxBufferBytes { get; init; } = long.MaxValue;

    /// <summary>For a device that was not measured: the middle of what there is.</summary>
    public static readonly DeviceProfile Default = new(96, 1, 0.75, 0.4);
}
