using Edge.Kernels.Devices;
using Edge.Runtime.Diagnostics;
using Silk.NET.Core.Native;
using Silk.NET.Vulkan;

namespace Edge.Runtime.Devices.Vulkan;

/// <summary>The compute pipelines of a device, one per kernel and constants, with the driver's pipeline cache on disk.</summary>
internal sealed unsafe class VulkanPrograms : IDisposable
{
    private const string CacheKey = "pipelines";

    private readonly VulkanDevice _device;
    private readonly DiskCache _cache;
    private readonly PipelineCache _pipelines;
    private readonly Dictionary<string, VulkanProgram> _programs = new(StringComparer.Ordinal);
    private bool _isNew;

    public VulkanPrograms(VulkanDevice device, DiskCache cache)
    {
        _device = device;
        _cache = cache;
        byte[] kept = cache.Read(CacheKey) ?? [];
        fixed (byte* start = kept)
        {
            // The driver checks what it is given and starts anew where it does not fit.
            var info = new PipelineCacheCreateInfo { SType = StructureType.PipelineCacheCreateInfo, InitialDataSize = (nuint)kept.Length, PInitialData = start };
            PipelineCache pipelines;
            VulkanApi.Check(device.Vk.CreatePipelineCache(device.Handle, &info, null, &pipelines), "vkCreatePipelineCache");
            _pipelines = pipelines;
        }
    }

    public VulkanProgram Build(KernelSource source, IReadOnlyList<int> constants)
    {
        string key = $"{source.Name} {string.Join(' ', constants)}";
        if (!_programs.TryGetValue(key, out VulkanProgram? program))
        {
            program = Create(source, [.. constants]);
            _programs[key] = program;
            _isNew = true;
        }
        return program;
    }

    public void Dispose()
    {
        if (_isNew)
        {
            Keep();
        }
        foreach (VulkanProgram program in _programs.Values)
        {
            Release(program);
        }
        _programs.Clear();
        _device.Vk.DestroyPipelineCache(_device.Handle, _pipelines, null);
    }

    private VulkanProgram Create(KernelSource source, int[] constants)
    {
        PhysicalDeviceLimits limits = _device.Properties.Limits;
        uint words = (uint)(source.Buffers.Count + source.Arguments.Count);
        if (source.Buffers.Count > limits.MaxPerStageDescriptorStorageBuffers || words * sizeof(int) > limits.MaxPushConstantsSize)
        {
            throw new EdgeException(
                EdgeError.DeviceUnsupported,
                $"the kernel {source.Name} has {source.Buffers.Count} buffers and {words} arguments, {_device.Info.Name} takes {limits.MaxPerStageDescriptorStorageBuffers} and {limits.MaxPushConstantsSize / sizeof(int)}",
                "use --backend cpu");
        }
        var program = new VulkanProgram(source) { SetLayout = CreateSetLayout(source.Buffers.Count) };
        try
        {
            program.Layout = CreateLayout(program.SetLayout, words * sizeof(int));
            program.Pipeline = CreatePipeline(source, program.Layout, constants);
        }
        catch
        {
            Release(program);
            throw;
        }
        return program;
    }

    private DescriptorSetLayout CreateSetLayout(int buffers)
    {
        DescriptorSetLayoutBinding* bindings = stackalloc DescriptorSetLayoutBinding[buffers];
        for (int i = 0; i < buffers; i++)
        {
            bindings[i] = new DescriptorSetLayoutBinding { Binding = (uint)i, DescriptorType = DescriptorType.StorageBuffer, DescriptorCount = 1, StageFlags = ShaderStageFlags.ComputeBit };
        }
        var info = new DescriptorSetLayoutCreateInfo { SType = StructureType.DescriptorSetLayoutCreateInfo, BindingCount = (uint)buffers, PBindings = bindings };
        DescriptorSetLayout layout;
        VulkanApi.Check(_device.Vk.CreateDescriptorSetLayout(_device.Handle, &info, null, &layout), "vkCreateDescriptorSetLayout");
        return layout;
    }

    private PipelineLayout CreateLayout(DescriptorSetLayout set, uint bytes)
    {
        var range = new PushConstantRange { StageFlags = ShaderStageFlags.ComputeBit, Size = bytes };
        var info = new PipelineLayoutCreateInfo { SType = StructureType.PipelineLayoutCreateInfo, SetLayoutCount = 1, PSetLayouts = &set, PushConstantRangeCount = 1, PPushConstantRanges = &range };
        PipelineLayout layout;
        VulkanApi.Check(_device.Vk.CreatePipelineLayout(_device.Handle, &info, null, &layout), "vkCreatePipelineLayout");
        return layout;
    }

    private Pipeline CreatePipeline(KernelSource source, PipelineLayout layout, int[] constants)
    {
        byte[] spirv = source.ReadSpirv() ?? throw new EdgeException(EdgeError.DeviceCompile, $"this build has no SPIR-V of the kernel {source.Name}", "use --backend cpu");
        ShaderModule module = CreateModule(spirv, source);
        nint entry = SilkMarshal.StringToPtr("main");
        SpecializationMapEntry* entries = stackalloc SpecializationMapEntry[Math.Max(1, constants.Length)];
        for (int i = 0; i < constants.Length; i++)
        {
            entries[i] = new SpecializationMapEntry { ConstantID = (uint)i, Offset = (uint)(i * sizeof(int)), Size = sizeof(int) };
        }
        fixed (int* values = constants)
        {
            var special = new SpecializationInfo { MapEntryCount = (uint)constants.Length, PMapEntries = entries, DataSize = (nuint)(constants.Length * sizeof(int)), PData = values };
            var stage = new PipelineShaderStageCreateInfo { SType = StructureType.PipelineShaderStageCreateInfo, Stage = ShaderStageFlags.ComputeBit, Module = module, PName = (byte*)entry, PSpecializationInfo = &special };
            var info = new ComputePipelineCreateInfo { SType = StructureType.ComputePipelineCreateInfo, Stage = stage, Layout = layout };
            Pipeline pipeline;
            Result result = _device.Vk.CreateComputePipelines(_device.Handle, _pipelines, 1, &info, null, &pipeline);
            _device.Vk.DestroyShaderModule(_device.Handle, module, null);
            SilkMarshal.Free(entry);
            return result == Result.Success ? pipeline : throw new EdgeException(EdgeError.DeviceCompile, $"{_device.Info.Name} cannot compile the kernel {source.Name} ({result})", "update the driver, or use --backend cpu");
        }
    }

    private ShaderModule CreateModule(byte[] spirv, KernelSource source)
    {
        fixed (byte* code = spirv)
        {
            var info = new ShaderModuleCreateInfo { SType = StructureType.ShaderModuleCreateInfo, CodeSize = (nuint)spirv.Length, PCode = (uint*)code };
            ShaderModule module;
            VulkanApi.Check(_device.Vk.CreateShaderModule(_device.Handle, &info, null, &module), $"vkCreateShaderModule({source.Name})");
            return module;
        }
    }

    private void Release(VulkanProgram program)
    {
        _device.Vk.DestroyPipeline(_device.Handle, program.Pipeline, null);
        _device.Vk.DestroyPipelineLayout(_device.Handle, program.Layout, null);
        _device.Vk.DestroyDescriptorSetLayout(_device.Handle, program.SetLayout, null);
    }

    private void Keep()
    {
        nuint size = 0;
        if (_device.Vk.GetPipelineCacheData(_device.Handle, _pipelines, &size, null) != Result.Success || size == 0)
        {
            return;
        }
        var bytes = new byte[size];
        fixed (byte* start = bytes)
        {
            if (_device.Vk.GetPipelineCacheData(_device.Handle, _pipelines, &size, start) == Result.Success)
            {
                _cache.Write(CacheKey, bytes[..(int)size]);
            }
        }
    }
}

/// <summary>A compute pipeline.</summary>
internal sealed class VulkanProgram(KernelSource source) : IDeviceProgram
{
    public KernelSource Source => source;

    public DescriptorSetLayout SetLayout { get; init; }

    public PipelineLayout Layout { get; set; }

    public Pipeline Pipeline { get; set; }
}
