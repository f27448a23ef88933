using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Silk.NET.Core.Native;
using Silk.NET.Vulkan;
using Buffer = System.Buffer;

namespace Edge.Runtime.Devices.Vulkan;

/// <summary>A Vulkan device with one compute queue.</summary>
internal sealed unsafe class VulkanDevice : IDevice
{
    private readonly VulkanPrograms _programs;
    private readonly DiskCache _cache;
    private DeviceProfile? _profile;

    private VulkanDevice(PhysicalDevice physical, DeviceInfo info)
    {
        Info = info;
        Vk = VulkanApi.Vk;
        Physical = physical;
        Properties = Vk.GetPhysicalDeviceProperties(physical);
        QueueFamily = FindQueueFamily(physical);
        float priority = 1;
        var queue = new DeviceQueueCreateInfo { SType = StructureType.DeviceQueueCreateInfo, QueueFamilyIndex = QueueFamily, QueueCount = 1, PQueuePriorities = &priority };
        var create = new DeviceCreateInfo { SType = StructureType.DeviceCreateInfo, QueueCreateInfoCount = 1, PQueueCreateInfos = &queue };
        Device device;
        VulkanApi.Check(Vk.CreateDevice(physical, &create, null, &device), "vkCreateDevice");
        Handle = device;
        Queue = Vk.GetDeviceQueue(device, QueueFamily, 0);
        _cache = DiskCache.For(info);
        _programs = new VulkanPrograms(this, _cache);
    }

    public DeviceInfo Info { get; }

    public DeviceProfile Profile => _profile ??= DeviceTuner.Find(this, _cache);

    public long Submissions { get; set; }

    public int LiveObjects { get; set; }

    public Vk Vk { get; }

    public Device Handle { get; }

    public Queue Queue { get; }

    public uint QueueFamily { get; }

    public PhysicalDevice Physical { get; }

    public PhysicalDeviceProperties Properties { get; }

    public static IEnumerable<DeviceInfo> List() => VulkanApi.Devices().Where(HasQueue).Select(Describe);

    /// <param name="info">As listed; or, for tests, said to be of another kind or with memory of its own.</param>
    public static VulkanDevice Open(DeviceInfo info) =>
        new(VulkanApi.Devices().First(d => HasQueue(d) && Describe(d) with { Kind = info.Kind, SharesMemory = info.SharesMemory } == info), info);

    public long? ReadUsedBytes() => VulkanBudget.ReadUsedBytes(Physical);

    public IDeviceArena AllocateArena(long bytes) => new VulkanArena(this, bytes);

    public IDeviceMemory AllocateConstants(long bytes, IReadOnlyList<(Tensor Tensor, long Offset)> contents)
    {
        var arena = new VulkanArena(this, bytes);
        try
        {
            foreach ((Tensor tensor, long offset) in contents)
            {
                Buffer.MemoryCopy(tensor.Data, arena.Host + offset, bytes - offset, tensor.Bytes);
                GC.KeepAlive(tensor);
            }
            using var commands = new VulkanCommands(this, arena);
            commands.Upload(0, bytes);
            commands.Finish();
            commands.Run();
            arena.DropHost();
        }
        catch
        {
            arena.Dispose();
            throw;
        }
        return arena;
    }

    public IDeviceProgram Build(KernelSource source, IReadOnlyList<int> constants) => _programs.Build(source, constants);

    public ICommandList CreateCommands(IDeviceArena arena) => new VulkanCommands(this, (VulkanArena)arena);

    /// <summary>The first memory type that has all of <paramref name="wanted"/>; null where none has.</summary>
    public uint? FindMemoryType(uint allowed, MemoryPropertyFlags wanted)
    {
        PhysicalDeviceMemoryProperties memory = Vk.GetPhysicalDeviceMemoryProperties(Physical);
        for (uint i = 0; i < memory.MemoryTypeCount; i++)
        {
            if ((allowed & (1u << (int)i)) != 0 && (memory.MemoryTypes[(int)i].PropertyFlags & wanted) == wanted)
            {
                return i;
            }
        }
        return null;
    }

    public void Dispose()
    {
        _programs.Dispose();
        Vk.DestroyDevice(Handle, null);
    }

    private static bool HasQueue(PhysicalDevice device) => Families(device).Any(f => f.HasFlag(QueueFlags.ComputeBit));

    private static uint FindQueueFamily(PhysicalDevice device) => (uint)Array.FindIndex(Families(device), f => f.HasFlag(QueueFlags.ComputeBit));

    private static QueueFlags[] Families(PhysicalDevice device)
    {
        uint count = 0;
        VulkanApi.Vk.GetPhysicalDeviceQueueFamilyProperties(device, &count, null);
        var families = new QueueFamilyProperties[count];
        fixed (QueueFamilyProperties* list = families)
        {
            VulkanApi.Vk.GetPhysicalDeviceQueueFamilyProperties(device, &count, list);
        }
        return [.. families.Select(f => f.QueueFlags)];
    }

    private static DeviceInfo Describe(PhysicalDevice device)
    {
        var driver = new PhysicalDeviceDriverProperties { SType = StructureType.PhysicalDeviceDriverProperties };
        var subgroup = new PhysicalDeviceSubgroupProperties { SType = StructureType.PhysicalDeviceSubgroupProperties };
        var all = new PhysicalDeviceProperties2 { SType = StructureType.PhysicalDeviceProperties2, PNext = &subgroup };
        PhysicalDeviceProperties basic = VulkanApi.Vk.GetPhysicalDeviceProperties(device);
        bool isNew = basic.ApiVersion >= Vk.Version12.Value;
        subgroup.PNext = isNew ? &driver : null;
        VulkanApi.Vk.GetPhysicalDeviceProperties2(device, &all);
        var narrow = new PhysicalDeviceShaderFloat16Int8Features { SType = StructureType.PhysicalDeviceShaderFloat16Int8Features };
        var features = new PhysicalDeviceFeatures2 { SType = StructureType.PhysicalDeviceFeatures2, PNext = isNew ? &narrow : null };
        VulkanApi.Vk.GetPhysicalDeviceFeatures2(device, &features);
        DeviceKind kind = basic.DeviceType switch
        {
            PhysicalDeviceType.Cpu => DeviceKind.Processor,
            PhysicalDeviceType.IntegratedGpu => DeviceKind.Integrated,
            PhysicalDeviceType.DiscreteGpu => DeviceKind.Discrete,
            _ => DeviceKind.Other,
        };
        return new DeviceInfo(
            DeviceApi.Vulkan,
            SilkMarshal.PtrToString((nint)basic.DeviceName) ?? "",
            isNew ? $"{SilkMarshal.PtrToString((nint)driver.DriverName)} {SilkMarshal.PtrToString((nint)driver.DriverInfo)}" : $"driver {basic.DriverVersion}",
            kind,
            DeviceMemory(device),
            basic.Limits.MaxStorageBufferRange,
            (int)Math.Min(basic.Limits.MaxComputeWorkGroupInvocations, basic.Limits.MaxComputeWorkGroupSize[0]),
            basic.Limits.MaxComputeSharedMemorySize,
            0,
            (int)subgroup.SubgroupSize,
            narrow.ShaderFloat16,
            narrow.ShaderInt8,
            kind is DeviceKind.Processor or DeviceKind.Integrated);
    }

    private static long DeviceMemory(PhysicalDevice device)
    {
        PhysicalDeviceMemoryProperties memory = VulkanApi.Vk.GetPhysicalDeviceMemoryProperties(device);
        long largest = 0;
        for (int i = 0; i < memory.MemoryHeapCount; i++)
        {
            MemoryHeap heap = memory.MemoryHeaps[i];
            largest = heap.Flags.HasFlag(MemoryHeapFlags.DeviceLocalBit) ? Math.Max(largest, (long)heap.Size) : largest;
        }
        return largest;
    }
}
