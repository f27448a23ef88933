using Edge.Runtime.Diagnostics;
using Silk.NET.Vulkan;
using VkBuffer = Silk.NET.Vulkan.Buffer;

namespace Edge.Runtime.Devices.Vulkan;

/// <summary>A buffer with memory of its own.</summary>
internal sealed unsafe class VulkanMemory : IDisposable
{
    private readonly VulkanDevice _device;
    private DeviceMemory _memory;

    /// <param name="types">What the memory should be, most wanted first.</param>
    public VulkanMemory(VulkanDevice device, long bytes, BufferUsageFlags usage, params ReadOnlySpan<MemoryPropertyFlags> types)
    {
        _device = device;
        var info = new BufferCreateInfo { SType = StructureType.BufferCreateInfo, Size = (ulong)bytes, Usage = usage, SharingMode = SharingMode.Exclusive };
        VkBuffer buffer;
        VulkanApi.Check(device.Vk.CreateBuffer(device.Handle, &info, null, &buffer), "vkCreateBuffer");
        Buffer = buffer;
        device.LiveObjects++;
        try
        {
            Allocate(bytes, types);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VkBuffer Buffer { get; private set; }

    /// <summary>Where the host sees it; null where it does not.</summary>
    public byte* Host { get; private set; }

    public void Dispose()
    {
        if (Buffer.Handle == 0)
        {
            return;
        }
        _device.Vk.DestroyBuffer(_device.Handle, Buffer, null);
        _device.Vk.FreeMemory(_device.Handle, _memory, null);
        Buffer = default;
        _memory = default;
        Host = null;
        _device.LiveObjects--;
    }

    private void Allocate(long bytes, ReadOnlySpan<MemoryPropertyFlags> types)
    {
        MemoryRequirements needs;
        _device.Vk.GetBufferMemoryRequirements(_device.Handle, Buffer, &needs);
        Result result = Result.ErrorOutOfDeviceMemory;
        foreach (MemoryPropertyFlags wanted in types)
        {
            if (_device.FindMemoryType(needs.MemoryTypeBits, wanted) is not { } type)
            {
                continue;
            }
            var info = new MemoryAllocateInfo { SType = StructureType.MemoryAllocateInfo, AllocationSize = needs.Size, MemoryTypeIndex = type };
            DeviceMemory memory;
            result = _device.Vk.AllocateMemory(_device.Handle, &info, null, &memory);
            if (result != Result.Success)
            {
                continue;
            }
            _memory = memory;
            VulkanApi.Check(_device.Vk.BindBufferMemory(_device.Handle, Buffer, memory, 0), "vkBindBufferMemory");
            if (wanted.HasFlag(MemoryPropertyFlags.HostVisibleBit))
            {
                void* host;
                VulkanApi.Check(_device.Vk.MapMemory(_device.Handle, memory, 0, Vk.WholeSize, 0, &host), "vkMapMemory");
                Host = (byte*)host;
            }
            return;
        }
        throw new EdgeException(EdgeError.DeviceOutOfMemory, $"{_device.Info.Name} does not give {bytes} bytes of memory ({result})", "free memory on the device, reduce the input size, or use --backend cpu");
    }
}

/// <summary>
/// The arena: one buffer that host and device share where the device's memory is the host's, else one on each side.
/// </summary>
internal sealed unsafe class VulkanArena : IDeviceArena
{
    private const MemoryPropertyFlags HostMemory = MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit;

    private const BufferUsageFlags Usage = BufferUsageFlags.StorageBufferBit | BufferUsageFlags.TransferSrcBit | BufferUsageFlags.TransferDstBit;

    private readonly VulkanMemory _device;
    private VulkanMemory? _host;

    public VulkanArena(VulkanDevice device, long bytes)
    {
        Bytes = Math.Max(bytes, 64);
        IsShared = device.Info.SharesMemory;
        if (IsShared)
        {
            _device = new VulkanMemory(device, Bytes, Usage, HostMemory | MemoryPropertyFlags.HostCachedBit | MemoryPropertyFlags.DeviceLocalBit, HostMemory | MemoryPropertyFlags.HostCachedBit, HostMemory);
            Host = _device.Host;
        }
        else
        {
            _device = new VulkanMemory(device, Bytes, Usage, MemoryPropertyFlags.DeviceLocalBit, MemoryPropertyFlags.None);
            try
            {
                _host = new VulkanMemory(device, Bytes, Usage, HostMemory | MemoryPropertyFlags.HostCachedBit, HostMemory);
            }
            catch
            {
                _device.Dispose();
                throw;
            }
            Host = _host.Host;
        }
        new Span<byte>(Host, (int)Math.Min(Bytes, int.MaxValue)).Clear();
    }

    public bool IsShared { get; }

    public long Bytes { get; }

    public byte* Host { get; private set; }

    public VkBuffer Buffer => _device.Buffer;

    /// <summary>The host's side where it is apart; valid until <see cref="DropHost"/>.</summary>
    public VkBuffer HostBuffer => _host?.Buffer ?? _device.Buffer;

    /// <summary>Gives the host's side back: nothing will be copied any more.</summary>
    public void DropHost()
    {
        _host?.Dispose();
        _host = null;
        Host = null;
    }

    public void Dispose()
    {
        DropHost();
        _device.Dispose();
    }
}
