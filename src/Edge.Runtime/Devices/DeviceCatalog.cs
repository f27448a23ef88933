using Edge.Kernels.Dispatch;
using Edge.Runtime.Devices.OpenCl;
using Edge.Runtime.Devices.Vulkan;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Devices;

/// <summary>The devices of this machine.</summary>
public static class DeviceCatalog
{
    /// <summary>Every device of an API, GPUs first.</summary>
    /// <exception cref="EdgeException">The API is not installed.</exception>
    public static IReadOnlyList<DeviceInfo> List(DeviceApi api) => [.. (api switch
    {
        DeviceApi.OpenCl => OpenClDevice.List(),
        DeviceApi.Vulkan => VulkanDevice.List(),
        _ => [],
    }).OrderBy(Rank)];

    /// <summary>Opens the first device of an API whose name contains <paramref name="name"/>; GPUs come first.</summary>
    /// <param name="name">Null for the knob EDGE_DEVICE.</param>
    /// <exception cref="EdgeException">There is no such device, or it lacks what the kernels need.</exception>
    public static IDevice Open(DeviceApi api, string? name = null)
    {
        string wanted = name ?? Knobs.Device.Value;
        IReadOnlyList<DeviceInfo> all = List(api);
        DeviceInfo info = all.FirstOrDefault(d => d.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase)) ?? throw new EdgeException(
            EdgeError.DeviceMissing,
            all.Count == 0 ? $"{api} has no device here" : $"{api} has no device called '{wanted}', there are: {string.Join(", ", all.Select(d => d.Name))}",
            all.Count == 0 ? "install the driver of the device, or use --backend cpu" : "correct EDGE_DEVICE");
        if (info.MaxGroupSize < DeviceInfo.NeededGroupSize || info.LocalBytes < DeviceInfo.NeededLocalBytes)
        {
            throw new EdgeException(
                EdgeError.DeviceUnsupported,
                $"{info.Name} has groups of {info.MaxGroupSize} work items with {info.LocalBytes} bytes of shared memory, {DeviceInfo.NeededGroupSize} and {DeviceInfo.NeededLocalBytes} are needed",
                "use --backend cpu");
        }
        return api == DeviceApi.OpenCl ? OpenClDevice.Open(info) : VulkanDevice.Open(info);
    }

    private static int Rank(DeviceInfo info) => info.Kind switch
    {
        DeviceKind.Discrete => 0,
        DeviceKind.Integrated => 1,
        DeviceKind.Other => 2,
        _ => 3,
    };
}
