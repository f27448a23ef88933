namespace Edge.Runtime.Sensors.V4l2;

/// <summary>One open video device, as the kernel offers it: the seam at which tests put a simulated camera.</summary>
internal interface IV4l2Device : IDisposable
{
    /// <summary>One ioctl. The argument is read and written.</summary>
    /// <returns>0, or the error number.</returns>
    int Control(uint request, Span<byte> argument);

    /// <summary>Waits until a buffer is filled.</summary>
    /// <returns>The returned events, 0 after the time, or a negative error number.</returns>
    int Wait(int milliseconds);

    /// <summary>Maps a buffer of the driver.</summary>
    /// <returns>Its address, or -1.</returns>
    nint Map(uint offset, uint length);

    void Unmap(nint address, uint length);
}
