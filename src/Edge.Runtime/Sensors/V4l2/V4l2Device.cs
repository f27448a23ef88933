using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Posix;

namespace Edge.Runtime.Sensors.V4l2;

/// <summary>A device file below /dev, opened without blocking: a blocking read of an unplugged camera never returns.</summary>
internal sealed unsafe class V4l2Device : IV4l2Device
{
    private int _descriptor;

    /// <exception cref="EdgeException">The device cannot be opened.</exception>
    public V4l2Device(string path)
    {
        _descriptor = Libc.Open(path, Libc.ReadWrite | Libc.NonBlocking | Libc.CloseOnExec);
        if (_descriptor < 0)
        {
            throw SourceErrors.Failed(path, $"the device cannot be opened: {Libc.LastError()}", "check that it is plugged in and that the user is in the group 'video'");
        }
    }

    public int Control(uint request, Span<byte> argument)
    {
        fixed (byte* address = argument)
        {
            while (Libc.Ioctl(_descriptor, request, address) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.ErrorInterrupted)
                {
                    return error;
                }
            }
            return 0;
        }
    }

    public int Wait(int milliseconds)
    {
        var poll = new Libc.PollDescriptor { Descriptor = _descriptor, Events = Libc.PollIn };
        int count = Libc.Poll(&poll, 1, milliseconds);
        return count < 0 ? -Marshal.GetLastPInvokeError() : count == 0 ? 0 : poll.Returned;
    }

    public nint Map(uint offset, uint length) =>
        Libc.Map(0, length, Libc.ProtectReadWrite, Libc.MapShared, _descriptor, (nint)offset);

    public void Unmap(nint address, uint length) => _ = Libc.Unmap(address, length);

    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = Libc.Close(descriptor);
        }
    }
}
