using Edge.Runtime.Diagnostics;
using Silk.NET.Core.Native;
using Silk.NET.Vulkan;

namespace Edge.Runtime.Devices.Vulkan;

/// <summary>The functions of Vulkan and one instance, with errors as exceptions.</summary>
internal static unsafe class VulkanApi
{
    private static readonly Lazy<Vk> Api = new(() => new Vk(NativeApi.Load("Vulkan", "libvulkan1", "libvulkan.so.1", "libvulkan.so", "vulkan-1.dll")));

    private static readonly Lazy<Instance> TheInstance = new(CreateInstance);

    /// <exception cref="EdgeException">Vulkan is not installed.</exception>
    public static Vk Vk => Api.Value;

    /// <summary>The instance of this process; lives until the process ends.</summary>
    public static Instance Instance => TheInstance.Value;

    /// <exception cref="EdgeException"><paramref name="result"/> is an error.</exception>
    public static void Check(Result result, string call)
    {
        if (result == Result.Success)
        {
            return;
        }
        throw result switch
        {
            Result.ErrorOutOfDeviceMemory or Result.ErrorOutOfHostMemory or Result.ErrorTooManyObjects or Result.ErrorOutOfPoolMemory =>
                new EdgeException(EdgeError.DeviceOutOfMemory, $"{call} says that memory does not suffice ({result})", "free memory on the device, reduce the input size, or use --backend cpu"),
            Result.ErrorDeviceLost => new EdgeException(EdgeError.DeviceLost, $"{call} says that the device is lost", "open the device again, or use --backend cpu"),
            Result.ErrorIncompatibleDriver or Result.ErrorInitializationFailed =>
                new EdgeException(EdgeError.DeviceMissing, $"Vulkan has no usable driver here ({call}: {result})", "install the driver of the device, or use --backend cpu"),
            _ => new EdgeException(EdgeError.DeviceFailed, $"{call} failed with {result}", "use --backend cpu"),
        };
    }

    /// <summary>Devices of Vulkan 1.1 or later; none where the loader finds no driver.</summary>
    public static List<PhysicalDevice> Devices()
    {
        uint count = 0;
        Check(Vk.EnumeratePhysicalDevices(Instance, &count, null), "vkEnumeratePhysicalDevices");
        var devices = new PhysicalDevice[count];
        fixed (PhysicalDevice* list = devices)
        {
            Check(Vk.EnumeratePhysicalDevices(Instance, &count, list), "vkEnumeratePhysicalDevices");
        }
        return [.. devices.Where(d => Vk.GetPhysicalDeviceProperties(d).ApiVersion >= Vk.Version11.Value)];
    }

    private static Instance CreateInstance()
    {
        nint name = SilkMarshal.StringToPtr("edge");
        try
        {
            var application = new ApplicationInfo { SType = StructureType.ApplicationInfo, PApplicationName = (byte*)name, PEngineName = (byte*)name, ApiVersion = Vk.Version11 };
            var info = new InstanceCreateInfo { SType = StructureType.InstanceCreateInfo, PApplicationInfo = &application };
            Instance instance;
            Check(Vk.CreateInstance(&info, null, &instance), "vkCreateInstance");
            return instance;
        }
        finally
        {
            SilkMarshal.Free(name);
        }
    }
}
