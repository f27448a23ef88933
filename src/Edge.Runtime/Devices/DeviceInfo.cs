namespace Edge.Runtime.Devices;

/// <summary>The compute APIs.</summary>
public enum DeviceApi
{
    OpenCl,
    Vulkan,

    /// <summary>The device of tests, which computes nothing.</summary>
    Null,
}

/// <summary>What a device is made of.</summary>
public enum DeviceKind
{
    /// <summary>The processor itself (PoCL, lavapipe): correct, but no gain over Edge's own kernels.</summary>
    Processor,

    /// <summary>A GPU that shares the processor's memory.</summary>
    Integrated,

    /// <summary>A GPU with memory of its own.</summary>
    Discrete,

    Other,
}

/// <summary>A device as <c>edge doctor</c> lists it.</summary>
/// <param name="Driver">Driver and version.</param>
/// <param name="MemoryBytes">Memory of the device.</param>
/// <param name="MaxBufferBytes">Largest buffer that a kernel can be given.</param>
/// <param name="MaxGroupSize">Most work items per group.</param>
/// <param name="LocalBytes">Memory that a group shares.</param>
/// <param name="Units">Compute units; 0 where the API does not tell.</param>
/// <param name="SubgroupSize">Work items that run in step; 0 where the API does not tell.</param>
/// <param name="HasFloat16">Float16 arithmetic.</param>
/// <param name="HasInt8">Integers of 8 bits in arithmetic or storage.</param>
/// <param name="SharesMemory">Host and device see the same memory.</param>
public sealed record DeviceInfo(
    DeviceApi Api, string Name, string Driver, DeviceKind Kind, long MemoryBytes, long MaxBufferBytes, int MaxGroupSize, long LocalBytes,
    int Units, int SubgroupSize, bool HasFloat16, bool HasInt8, bool SharesMemory)
{
    /// <summary>Name of the backend on the command line.</summary>
    public string Backend => Api.ToString().ToLowerInvariant();

    /// <summary>Work items per group that the kernels need.</summary>
    public const int NeededGroupSize = 256;

    /// <summary>Shared memory per group that the kernels need.</summary>
    public const long NeededLocalBytes = 16 << 10;
}
