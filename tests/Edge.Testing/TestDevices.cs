using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;

namespace Edge.Testing;

/// <summary>Devices that this machine may have.</summary>
public static class TestDevices
{
    /// <summary>The first device of an API; null and the reason where there is none.</summary>
    public static IDevice? TryOpen(DeviceApi api, out string why)
    {
        try
        {
            why = "";
            return DeviceCatalog.Open(api);
        }
        catch (EdgeException exception) when (exception.Error == EdgeError.DeviceMissing)
        {
            why = exception.Message;
            return null;
        }
    }
}
