using System.Runtime.InteropServices;
using Edge.Kernels.Tensors;
using Silk.NET.OpenCL;

namespace Edge.Runtime.Devices.OpenCl;

/// <summary>
/// The arena. Where the device shares the host's memory: memory of the host and a buffer that lies on it; OpenCL wants such memory mapped
/// while the host touches it, the command list does that. Elsewhere a buffer of the device, and one on the host that stays mapped: drivers
/// pin its pages, so that copies need no detour.
/// </summary>
internal sealed unsafe class OpenClArena : IDeviceArena
{
    private readonly OpenClDevice _device;
    private readonly AlignedBuffer? _shared;
    private readonly OpenClMemory? _pinned;
    private readonly OpenClMemory _memory;

    public OpenClArena(OpenClDevice device, long bytes)
    {
        _device = device;
        Bytes = Math.Max(bytes, 64);
        IsShared = device.Info.SharesMemory;
        try
        {
            if (IsShared)
            {
                _shared = new AlignedBuffer(Bytes);
                Host = _shared.Data;
                _memory = new OpenClMemory(device, Bytes, MemFlags.UseHostPtr | MemFlags.ReadWrite, Host);
            }
            else
            {
                _pinned = new OpenClMemory(device, Bytes, MemFlags.AllocHostPtr | MemFlags.ReadWrite, null);
                Host = Map(_pinned);
                NativeMemory.Clear(Host, (nuint)Bytes);
                _memory = new OpenClMemory(device, Bytes, MemFlags.ReadWrite, null);
            }
        }
        catch
        {
            DisposeHost();
            throw;
        }
    }

    /// <summary>Whether host and device work on the same memory.</summary>
    public bool IsShared { get; }

    public byte* Host { get; private set; }

    public long Bytes { get; }

    public nint Buffer => _memory.Buffer;

    public void Dispose()
    {
        _memory.Dispose();
        DisposeHost();
    }

    private byte* Map(OpenClMemory memory)
    {
        int error;
        void* mapped = OpenClApi.Cl.EnqueueMapBuffer(_device.Queue, memory.Buffer, true, MapFlags.Read | MapFlags.Write, 0, (nuint)Bytes, 0, null, null, &error);
        OpenClApi.Check(error, "clEnqueueMapBuffer");
        return (byte*)mapped;
    }

    private void DisposeHost()
    {
        if (_pinned is { Buffer: not 0 } && Host is not null)
        {
            // Whatever they answer: there is nothing left to do.
            _ = OpenClApi.Cl.EnqueueUnmapMemObject(_device.Queue, _pinned.Buffer, Host, 0, null, null);
            _ = OpenClApi.Cl.Finish(_device.Queue);
        }
        Host = null;
        _pinned?.Dispose();
        _shared?.Dispose();
    }
}
