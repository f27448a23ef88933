using System.Diagnostics;
using Edge.Kernels.Devices;
using Silk.NET.Vulkan;
using VkBuffer = Silk.NET.Vulkan.Buffer;

namespace Edge.Runtime.Devices.Vulkan;

/// <summary>One command buffer, recorded once; each run is one submission and one wait.</summary>
internal sealed unsafe class VulkanCommands : ICommandList
{
    private const int SetsPerPool = 64;
    private const int BuffersPerSet = 8;
    private const double MostSpinMilliseconds = 2;
    private const int SpinsBetween = 20;

    private readonly VulkanDevice _device;
    private readonly VulkanArena _arena;
    private readonly Vk _vk;
    private readonly List<DescriptorPool> _pools = [];
    private readonly CommandPool _commandPool;
    private readonly CommandBuffer _commands;
    private readonly Fence _fence;
    private int _setsLeft;
    private bool _disposed;

    public VulkanCommands(VulkanDevice device, VulkanArena arena)
    {
        _device = device;
        _arena = arena;
        _vk = device.Vk;
        var pool = new CommandPoolCreateInfo { SType = StructureType.CommandPoolCreateInfo, QueueFamilyIndex = device.QueueFamily };
        CommandPool commandPool;
        VulkanApi.Check(_vk.CreateCommandPool(device.Handle, &pool, null, &commandPool), "vkCreateCommandPool");
        _commandPool = commandPool;
        device.LiveObjects++;
        try
        {
            var fenceInfo = new FenceCreateInfo { SType = StructureType.FenceCreateInfo };
            Fence fence;
            VulkanApi.Check(_vk.CreateFence(device.Handle, &fenceInfo, null, &fence), "vkCreateFence");
            _fence = fence;
            var allocate = new CommandBufferAllocateInfo { SType = StructureType.CommandBufferAllocateInfo, CommandPool = commandPool, Level = CommandBufferLevel.Primary, CommandBufferCount = 1 };
            CommandBuffer commands;
            VulkanApi.Check(_vk.AllocateCommandBuffers(device.Handle, &allocate, &commands), "vkAllocateCommandBuffers");
            _commands = commands;
            var begin = new CommandBufferBeginInfo { SType = StructureType.CommandBufferBeginInfo };
            VulkanApi.Check(_vk.BeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Upload(long offset, long bytes) => Copy(_arena.HostBuffer, _arena.Buffer, offset, bytes);

    public void Download(long offset, long bytes) => Copy(_arena.Buffer, _arena.HostBuffer, offset, bytes);

    public void Dispatch(IDeviceProgram program, ReadOnlySpan<DeviceBinding> bindings, ReadOnlySpan<int> arguments, Groups groups)
    {
        var built = (VulkanProgram)program;
        int* words = stackalloc int[bindings.Length + arguments.Length];
        DescriptorSet set = CreateSet(built, bindings, words);
        for (int i = 0; i < arguments.Length; i++)
        {
            words[bindings.Length + i] = arguments[i];
        }
        _vk.CmdBindPipeline(_commands, PipelineBindPoint.Compute, built.Pipeline);
        _vk.CmdBindDescriptorSets(_commands, PipelineBindPoint.Compute, built.Layout, 0, 1, &set, 0, null);
        _vk.CmdPushConstants(_commands, built.Layout, ShaderStageFlags.ComputeBit, 0, (uint)((bindings.Length + arguments.Length) * sizeof(int)), words);
        _vk.CmdDispatch(_commands, (uint)groups.X, (uint)groups.Y, (uint)groups.Z);
    }

    public void Barrier()
    {
        const AccessFlags Written = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit;
        const PipelineStageFlags Stages = PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit;
        var barrier = new MemoryBarrier
        {
            SType = StructureType.MemoryBarrier,
            SrcAccessMask = Written,
            DstAccessMask = Written | AccessFlags.ShaderReadBit | AccessFlags.TransferReadBit,
        };
        _vk.CmdPipelineBarrier(_commands, Stages, Stages, 0, 1, &barrier, 0, null, 0, null);
    }

    public void Finish()
    {
        // What shaders and copies wrote is for the host to read.
        var barrier = new MemoryBarrier
        {
            SType = StructureType.MemoryBarrier,
            SrcAccessMask = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit,
            DstAccessMask = AccessFlags.HostReadBit,
        };
        _vk.CmdPipelineBarrier(_commands, PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit, PipelineStageFlags.HostBit, 0, 1, &barrier, 0, null, 0, null);
        VulkanApi.Check(_vk.EndCommandBuffer(_commands), "vkEndCommandBuffer");
    }

    public void Run()
    {
        _device.Submissions++;
        CommandBuffer commands = _commands;
        Fence fence = _fence;
        var submit = new SubmitInfo { SType = StructureType.SubmitInfo, CommandBufferCount = 1, PCommandBuffers = &commands };
        VulkanApi.Check(_vk.QueueSubmit(_device.Queue, 1, &submit, fence), "vkQueueSubmit");
        SpinFor(fence);
        VulkanApi.Check(_vk.WaitForFences(_device.Handle, 1, &fence, true, ulong.MaxValue), "vkWaitForFences");
        VulkanApi.Check(_vk.ResetFences(_device.Handle, 1, &fence), "vkResetFences");
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        foreach (DescriptorPool pool in _pools)
        {
            _vk.DestroyDescriptorPool(_device.Handle, pool, null);
        }
        _vk.DestroyFence(_device.Handle, _fence, null);
        _vk.DestroyCommandPool(_device.Handle, _commandPool, null);
        _device.LiveObjects--;
    }

    /// <summary>
    /// Asks again and again for a short while: a thread that sleeps in the driver is woken tens of microseconds late. Not on boards, whose
    /// processor has other work and whose GPU takes longer anyway.
    /// </summary>
    private void SpinFor(Fence fence)
    {
        if (_device.Info.Kind != DeviceKind.Discrete)
        {
            return;
        }
        long start = Stopwatch.GetTimestamp();
        while (_vk.GetFenceStatus(_device.Handle, fence) == Result.NotReady && Stopwatch.GetElapsedTime(start).TotalMilliseconds < MostSpinMilliseconds)
        {
            Thread.SpinWait(SpinsBetween);
        }
    }

    private void Copy(VkBuffer source, VkBuffer target, long offset, long bytes)
    {
        if (_arena.IsShared)
        {
            return;
        }
        var region = new BufferCopy { SrcOffset = (ulong)offset, DstOffset = (ulong)offset, Size = (ulong)bytes };
        _vk.CmdCopyBuffer(_commands, source, target, 1, &region);
    }

    /// <summary>Binds the buffers at aligned offsets, and tells in <paramref name="words"/> how many words the values start behind them.</summary>
    private DescriptorSet CreateSet(VulkanProgram program, ReadOnlySpan<DeviceBinding> bindings, int* words)
    {
        DescriptorSet set = AllocateSet(program.SetLayout);
        long alignment = Math.Max(4, (long)_device.Properties.Limits.MinStorageBufferOffsetAlignment);
        DescriptorBufferInfo* buffers = stackalloc DescriptorBufferInfo[bindings.Length];
        WriteDescriptorSet* writes = stackalloc WriteDescriptorSet[bindings.Length];
        for (int i = 0; i < bindings.Length; i++)
        {
            DeviceBinding binding = bindings[i];
            long start = binding.Offset / alignment * alignment;
            words[i] = (int)((binding.Offset - start) / sizeof(int));
            // Whole words, and no empty range.
            long range = Math.Max(4, (binding.Offset - start + binding.Bytes + 3) / 4 * 4);
            buffers[i] = new DescriptorBufferInfo { Buffer = ((VulkanArena)binding.Memory).Buffer, Offset = (ulong)start, Range = (ulong)Math.Min(range, binding.Memory.Bytes - start) };
            writes[i] = new WriteDescriptorSet { SType = StructureType.WriteDescriptorSet, DstSet = set, DstBinding = (uint)i, DescriptorCount = 1, DescriptorType = DescriptorType.StorageBuffer, PBufferInfo = buffers + i };
        }
        _vk.UpdateDescriptorSets(_device.Handle, (uint)bindings.Length, writes, 0, null);
        return set;
    }

    private DescriptorSet AllocateSet(DescriptorSetLayout layout)
    {
        if (_setsLeft == 0)
        {
            var size = new DescriptorPoolSize { Type = DescriptorType.StorageBuffer, DescriptorCount = SetsPerPool * BuffersPerSet };
            var info = new DescriptorPoolCreateInfo { SType = StructureType.DescriptorPoolCreateInfo, MaxSets = SetsPerPool, PoolSizeCount = 1, PPoolSizes = &size };
            DescriptorPool pool;
            VulkanApi.Check(_vk.CreateDescriptorPool(_device.Handle, &info, null, &pool), "vkCreateDescriptorPool");
            _pools.Add(pool);
            _setsLeft = SetsPerPool;
        }
        var allocate = new DescriptorSetAllocateInfo { SType = StructureType.DescriptorSetAllocateInfo, DescriptorPool = _pools[^1], DescriptorSetCount = 1, PSetLayouts = &layout };
        DescriptorSet set;
        VulkanApi.Check(_vk.AllocateDescriptorSets(_device.Handle, &allocate, &set), "vkAllocateDescriptorSets");
        _setsLeft--;
        return set;
    }
}
