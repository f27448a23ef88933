using System.Diagnostics;
using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors.Posix;
using static Edge.Runtime.Sensors.V4l2.V4l2Layout;

namespace Edge.Runtime.Sensors.V4l2;

/// <summary>What a camera is asked for; the driver may give another size, never another format.</summary>
internal sealed record V4l2Options(int Width, int Height, FrameFormat Format, double Rate)
{
    /// <summary>Without a frame for so long the camera counts as stalled.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// A camera behind Video4Linux: mapped buffers, never blocking. Frames that the driver flags, that are too short or that were left
/// over are skipped and counted. After an unplug or a stall the source is dead: it unmaps, closes, and has to be opened again.
/// </summary>
internal sealed unsafe class V4l2Camera : IImageSource
{
    private const int Buffers = 4;
    private const int PollMilliseconds = 250;

    private readonly IV4l2Device _device;
    private readonly string _place;
    private readonly V4l2Options _options;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly List<(nint Address, uint Length)> _maps = [];
    private int _width;
    private int _height;
    private int _stride;
    private bool _streaming;
    private bool _disposed;

    /// <param name="device">Belongs to the camera from here on.</param>
    /// <exception cref="EdgeException">The device is no camera, or refuses what is asked for.</exception>
    public V4l2Camera(IV4l2Device device, string place, V4l2Options options)
    {
        _device = device;
        _place = place;
        _options = options;
        try
        {
            RequireCamera();
            Negotiate();
            MapBuffers();
            Span<byte> type = stackalloc byte[4];
            Set(type, 0, Capture);
            Require(StreamOn, type, "streaming cannot be started");
            _streaming = true;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public double? Rate => null;

    public long BadFrames { get; private set; }

    public int Width => _width;

    public int Height => _height;

    public static FrameFormat FormatOf(string name) => name switch
    {
        "yuyv" => FrameFormat.Yuyv,
        "nv12" => FrameFormat.Nv12,
        _ => FrameFormat.Jpeg,
    };

    public bool Read(ImageFrame frame)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < _options.Stall)
        {
            int events = _device.Wait(PollMilliseconds);
            if (events < 0 && -events != Libc.ErrorInterrupted)
            {
                throw Gone("waiting for a frame failed", -events);
            }
            if (events > 0 && (events & Libc.PollIn) == 0)
            {
                throw SourceErrors.Failed(_place, "the camera reports an error: it was unplugged, or the stream broke");
            }
            if (events > 0 && TakeBuffer(frame))
            {
                return true;
            }
        }
        throw SourceErrors.Stalled(_place, _options.Stall.TotalSeconds);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        if (_streaming)
        {
            Span<byte> type = stackalloc byte[4];
            Set(type, 0, Capture);
            _ = _device.Control(StreamOff, type);
        }
        foreach ((nint address, uint length) in _maps)
        {
            _device.Unmap(address, length);
        }
        _maps.Clear();
        _device.Dispose();
    }

    private void RequireCamera()
    {
        Span<byte> capability = stackalloc byte[CapabilityBytes];
        capability.Clear();
        Require(QueryCapabilities, capability, "the device is no video device");
        uint can = Get(capability, Capabilities);
        can = (can & HasDeviceCapabilities) != 0 ? Get(capability, DeviceCapabilities) : can;
        if ((can & CanCapture) == 0 || (can & CanStream) == 0)
        {
            throw SourceErrors.Failed(_place, "the device cannot capture video with mapped buffers", "use another /dev/video; CSI cameras are read with exec: and rpicam-vid");
        }
    }

    private void Negotiate()
    {
        string letters = _options.Format switch { FrameFormat.Yuyv => "YUYV", FrameFormat.Nv12 => "NV12", _ => "MJPG" };
        Span<byte> format = stackalloc byte[FormatBytes];
        format.Clear();
        Set(format, FormatType, Capture);
        Set(format, PixelWidth, (uint)_options.Width);
        Set(format, PixelHeight, (uint)_options.Height);
        Set(format, PixelCode, Code(letters));
        Set(format, PixelField, 1);
        Require(SetFormat, format, "the format is refused");
        if (Get(format, PixelCode) != Code(letters))
        {
            throw SourceErrors.Failed(_place, $"the camera offers {Letters(Get(format, PixelCode))} instead of {letters}", "choose another format=mjpeg, yuyv or nv12");
        }
        (_width, _height, _stride) = ((int)Get(format, PixelWidth), (int)Get(format, PixelHeight), (int)Get(format, BytesPerLine));
        if (_width is < 1 or > 16384 || _height is < 1 or > 16384 || (_options.Format != FrameFormat.Jpeg && ((_width | _height) & 1) != 0))
        {
            throw SourceErrors.Failed(_place, $"the camera offers {_width} x {_height} pixels", "choose another width and height");
        }
        _stride = Math.Max(_stride, ImageFrame.RowBytes(_options.Format, _width));
        Span<byte> parameters = stackalloc byte[ParameterBytes];
        parameters.Clear();
        Set(parameters, ParameterType, Capture);
        Set(parameters, IntervalNumerator, 1000);
        Set(parameters, IntervalDenominator, (uint)Math.Round(_options.Rate * 1000));
        _ = _device.Control(SetParameters, parameters); // not every driver has rates
    }

    private void MapBuffers()
    {
        Span<byte> request = stackalloc byte[RequestBytes];
        request.Clear();
        Set(request, RequestCount, Buffers);
        Set(request, RequestType, Capture);
        Set(request, RequestMemory, MemoryMapped);
        Require(RequestBuffers, request, "the driver gives no buffers");
        uint count = Get(request, RequestCount);
        if (count < 2)
        {
            throw SourceErrors.Failed(_place, $"the driver gives {count} buffers, at least 2 are needed");
        }
        for (uint i = 0; i < count; i++)
        {
            Describe(i);
            Require(QueryBuffer, _buffer, "a buffer cannot be queried");
            uint length = Get(_buffer, BufferLength);
            nint address = _device.Map(Get(_buffer, BufferOffset), length);
            if (address == -1)
            {
                throw SourceErrors.Failed(_place, $"a buffer of {length} bytes cannot be mapped: {Libc.LastError()}");
            }
            _maps.Add((address, length));
            Describe(i);
            Require(QueueBuffer, _buffer, "a buffer cannot be queued");
        }
    }

    /// <summary>Copies the next filled buffer, if it is usable, and gives it back to the driver.</summary>
    private bool TakeBuffer(ImageFrame frame)
    {
        Describe(0);
        int error = _device.Control(DequeueBuffer, _buffer);
        if (error == Libc.ErrorAgain)
        {
            return false;
        }
        if (error != 0 && error != Libc.ErrorInput)
        {
            throw Gone("a frame cannot be taken", error);
        }
        uint index = Get(_buffer, BufferIndex);
        if (index >= _maps.Count)
        {
            throw SourceErrors.Failed(_place, $"the driver gave buffer {index} of {_maps.Count}");
        }
        bool usable = error == 0 && Copy(frame, index);
        BadFrames += usable ? 0 : 1;
        Describe(index);
        int back = _device.Control(QueueBuffer, _buffer);
        return back == 0 ? usable : throw Gone("a buffer cannot be given back", back);
    }

    private bool Copy(ImageFrame frame, uint index)
    {
        uint used = Get(_buffer, BufferUsed);
        if ((Get(_buffer, BufferFlags) & FlagError) != 0 || used > _maps[(int)index].Length)
        {
            return false;
        }
        var source = new ReadOnlySpan<byte>((void*)_maps[(int)index].Address, (int)used);
        if (_options.Format == FrameFormat.Jpeg)
        {
            if (used < 4 || source[0] != 0xFF || source[1] != 0xD8)
            {
                return false;
            }
            frame.SetJpeg(source);
        }
        else
        {
            int needed = _options.Format == FrameFormat.Nv12 ? _stride * _height * 3 / 2 : _stride * _height;
            if (used < needed)
            {
                return false;
            }
            source[..needed].CopyTo(frame.Prepare(_options.Format, _width, _height, _stride, needed));
        }
        frame.Sequence = Get(_buffer, BufferSequence);
        frame.Timestamp = Stopwatch.GetTimestamp();
        return true;
    }

    private void Describe(uint index)
    {
        _buffer.AsSpan().Clear();
        Set(_buffer, BufferIndex, index);
        Set(_buffer, BufferType, Capture);
        Set(_buffer, BufferMemory, MemoryMapped);
    }

    private void Require(uint request, Span<byte> argument, string problem)
    {
        int error = _device.Control(request, argument);
        if (error != 0)
        {
            throw Gone(problem, error);
        }
    }

    private EdgeException Gone(string problem, int error) =>
        SourceErrors.Failed(_place, $"{problem}: {Marshal.GetPInvokeErrorMessage(error)} ({error})");
}
