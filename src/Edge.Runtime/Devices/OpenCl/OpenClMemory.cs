using Edge.Kernels.Tensors;
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

/// <summary>
/// The arena: memory of the host, and a buffer that lies on it where the device shares the host's memory. OpenCL wants such memory
/// mapped while the host touches it; the command list does that.
/// </summary>
internal sealed unsafe class OpenClArena : IDeviceArena
{
    private readonly AlignedBuffer _host;
    private readonly OpenClMemory _memory;

    public OpenClArena(OpenClDevice device, long bytes)
    {
        IsShared = device.Info.SharesMemory;
        _host = new AlignedBuffer(Math.Max(bytes, 64));
        try
        {
            _memory = new OpenClMemory(device, _host.Bytes, IsShared ? MemFlags.UseHostPtr | MemFlags.ReadWrite : MemFlags.ReadWrite, IsShared ? _host.Data : null);
        }
        catch
        {
            _host.Dispose();
            throw;
        }
    }

    /// <summary>Whether host and device work on the same memory.</summary>
    public bool IsShared { get; }

    public byte* Host => _host.Data;

    public long Bytes => _host.Bytes;

    public nint Buffer => _memory.Buffer;

    public void Dispose()
    {
        _memory.Dispose();
        _host.Dispose();
    }
}
