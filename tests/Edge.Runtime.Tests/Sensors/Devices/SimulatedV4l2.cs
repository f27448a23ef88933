using System.Runtime.InteropServices;
using Edge.Runtime.Sensors.Posix;
using Edge.Runtime.Sensors.V4l2;
using static Edge.Runtime.Sensors.V4l2.V4l2Layout;

namespace Edge.Runtime.Tests.Sensors.Devices;

/// <summary>A camera behind a simulated kernel: buffers in memory, frames and faults that a test scripts.</summary>
internal sealed unsafe class SimulatedV4l2 : IV4l2Device
{
    private const uint BufferSize = 4096;

    private readonly List<nint> _memory = [];
    private readonly Queue<uint> _queued = new();
    private uint _sequence;
    private int _mapped;

    /// <summary>What the next frames are like; afterwards there are none.</summary>
    public Queue<Frame> Frames { get; } = new();

    public uint Width { get; init; } = 16;

    public uint Height { get; init; } = 8;

    public uint Stride { get; init; } = 32;

    /// <summary>The driver's format, whatever is asked for; null = what is asked for.</summary>
    public string? ForcedFormat { get; init; }

    public uint Capabilities { get; init; } = CanCapture | CanStream;

    /// <summary>An ioctl that fails with an error number.</summary>
    public (uint Request, int Error)? Failure { get; set; }

    /// <summary>What waiting returns instead; a negative error number, or events.</summary>
    public int? Events { get; set; }

    public bool IsOpen { get; private set; } = true;

    public bool IsStreaming { get; private set; }

    public int Mapped => _mapped;

    public int Control(uint request, Span<byte> argument)
    {
        if (Failure is { } failure && failure.Request == request)
        {
            return failure.Error;
        }
        switch (request)
        {
            case QueryCapabilities:
                Set(argument, V4l2Layout.Capabilities, Capabilities);
                break;
            case SetFormat:
                Set(argument, PixelWidth, Width);
                Set(argument, PixelHeight, Height);
                Set(argument, BytesPerLine, Stride);
                Set(argument, PixelCode, ForcedFormat is { } forced ? Code(forced) : Get(argument, PixelCode));
                break;
            case QueryBuffer:
                Set(argument, BufferLength, BufferSize);
                Set(argument, V4l2Layout.BufferOffset, Get(argument, BufferIndex) * BufferSize);
                break;
            case QueueBuffer:
                _queued.Enqueue(Get(argument, BufferIndex));
                break;
            case DequeueBuffer:
                return Dequeue(argument);
            case StreamOn:
                IsStreaming = true;
                break;
            case StreamOff:
                IsStreaming = false;
                break;
        }
        return 0;
    }

    public int Wait(int milliseconds) => Events ?? (Frames.Count > 0 ? Libc.PollIn : 0);

    public nint Map(uint offset, uint length)
    {
        _memory.Add((nint)NativeMemory.AllocZeroed(length));
        _mapped++;
        return _memory[^1];
    }

    public void Unmap(nint address, uint length)
    {
        NativeMemory.Free((void*)address);
        _mapped--;
    }

    public void Dispose() => IsOpen = false;

    private int Dequeue(Span<byte> argument)
    {
        if (!Frames.TryDequeue(out Frame? frame))
        {
            return Libc.ErrorAgain;
        }
        if (frame.Error != 0)
        {
            return frame.Error;
        }
        uint index = _queued.Dequeue();
        frame.Bytes.CopyTo(new Span<byte>((void*)_memory[(int)index], (int)BufferSize));
        Set(argument, BufferIndex, frame.Index ?? index);
        Set(argument, BufferUsed, frame.Used ?? (uint)frame.Bytes.Length);
        Set(argument, BufferFlags, frame.Flags);
        Set(argument, BufferSequence, _sequence++);
        return 0;
    }

    internal sealed record Frame(byte[] Bytes)
    {
        public uint? Used { get; init; }

        public uint Flags { get; init; }

        public uint? Index { get; init; }

        public int Error { get; init; }
    }
}
