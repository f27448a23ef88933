using Silk.NET.OpenCL;

namespace Edge.Runtime.Devices.OpenCl;

/// <summary>A buffer.</summary>
internal unsafe class OpenClMemory : IDeviceMemory
{
    private readonly OpenClDevice _device;

    public OpenClMemory(OpenClDevice device, long bytes, MemFlags flags, void* host)
    {
        _device = device;
        Bytes = bytes;
        Buffer = device.CreateBuffer(bytes, flags, host);
        device.LiveObjects++;
    }

    public long Bytes { get; }

    public nint Buffer { get; private set; }

    public virtual void Dispose()
    {
        if (Buffer != 0)
        {
            _ = OpenClApi.Cl.ReleaseMemObject(Buffer);
            Buffer = 0;
            _device.LiveObjects--;
        }
    }
}
