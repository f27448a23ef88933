using Edge.Kernels.Tensors;

namespace Edge.Kernels.Dispatch;

/// <summary>What a device is good at, by which its kernels are chosen, and how it is to be used.</summary>
/// <param name="Parallel">Tiles that it works on at a time.</param>
/// <param name="Rate128">Share of the best rate that tiles of 128 rows and columns reach, above 0 and at most 1.</param>
/// <param name="Rate64">The same for 64.</param>
/// <param name="Rate32">The same for 32.</param>
public sealed record DeviceProfile(int Parallel, double Rate128, double Rate64, double Rate32)
{
    /// <summary>Largest tensor that a kernel can be given.</summary>
    public long MaxBufferBytes { get; init; } = long.MaxValue;

    /// <summary>What a launch and the barrier before it take, in multiply-adds that one of the <see cref="Parallel"/> tiles does meanwhile.</summary>
    public double Launch { get; init; } = 200_000;

    /// <summary>Type in which constant weights of products and convolutions lie on the device: F32 or F16. Sums are float32.</summary>
    public DataType Weights { get; init; } = DataType.F32;

    /// <summary>For a device that was not measured: the middle of what there is.</summary>
    public static readonly DeviceProfile Default = new(96, 1, 0.75, 0.4);
}
