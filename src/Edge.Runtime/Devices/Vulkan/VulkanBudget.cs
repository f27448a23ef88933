using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Edge.Runtime.Devices.Vulkan;

/// <summary>What VK_EXT_memory_budget tells about the memory of this process.</summary>
internal static unsafe class VulkanBudget
{
    private const string Extension = "VK_EXT_memory_budget";

    /// <summary>Bytes in all heaps that are the device's own; null where the driver lacks the extension.</summary>
    public static long? ReadUsedBytes(PhysicalDevice device)
    {
        if (!HasExtension(device, Extension))
        {
            return null;
        }
        var budget = new PhysicalDeviceMemoryBudgetPropertiesEXT { SType = StructureType.PhysicalDeviceMemoryBudgetPropertiesExt };
        var memory = new PhysicalDeviceMemoryProperties2 { SType = StructureType.PhysicalDeviceMemoryProperties2, PNext = &budget };
        VulkanApi.Vk.GetPhysicalDeviceMemoryProperties2(device, &memory);
        long used = 0;
        for (int i = 0; i < memory.MemoryProperties.MemoryHeapCount; i++)
        {
            used += memory.MemoryProperties.MemoryHeaps[i].Flags.HasFlag(MemoryHeapFlags.DeviceLocalBit) ? (long)budget.HeapUsage[i] : 0;
        }
        return used;
    }

    private static bool HasExtension(PhysicalDevice device, string name)
    {
        uint count = 0;
        VulkanApi.Check(VulkanApi.Vk.EnumerateDeviceExtensionProperties(device, (byte*)null, &count, null), "vkEnumerateDeviceExtensionProperties");
        var extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* list = extensions)
        {
            VulkanApi.Check(VulkanApi.Vk.EnumerateDeviceExtensionProperties(device, (byte*)null, &count, list), "vkEnumerateDeviceExtensionProperties");
            for (int i = 0; i < count; i++)
            {
                if (Marshal.PtrToStringUTF8((nint)list[i].ExtensionName) == name)
                {
                    return true;
                }
            }
        }
        return false;
    }
}
