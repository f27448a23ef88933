using System.Buffers.Binary;

namespace Edge.Runtime.Sensors.V4l2;

/// <summary>
/// Requests and structures of linux/videodev2.h on 64-bit machines, by their offsets. Only what streaming with mapped buffers needs.
/// </summary>
internal static class V4l2Layout
{
    public const uint QueryCapabilities = 0x80685600;
    public const uint SetFormat = 0xC0D05605;
    public const uint RequestBuffers = 0xC0145608;
    public const uint QueryBuffer = 0xC0585609;
    public const uint QueueBuffer = 0xC058560F;
    public const uint DequeueBuffer = 0xC0585611;
    public const uint StreamOn = 0x40045612;
    public const uint StreamOff = 0x40045613;
    public const uint SetParameters = 0xC0CC5616;

    public const int CapabilityBytes = 104;
    public const int FormatBytes = 208;
    public const int RequestBytes = 20;
    public const int BufferBytes = 88;
    public const int ParameterBytes = 204;

    public const uint CanCapture = 1;
    public const uint CanStream = 0x04000000;
    public const uint HasDeviceCapabilities = 0x80000000;

    /// <summary>V4L2_BUF_TYPE_VIDEO_CAPTURE and V4L2_MEMORY_MMAP.</summary>
    public const uint Capture = 1;
    public const uint MemoryMapped = 1;

    /// <summary>V4L2_BUF_FLAG_ERROR: the content is damaged.</summary>
    public const uint FlagError = 0x40;

    // struct v4l2_capability
    public const int Capabilities = 84;
    public const int DeviceCapabilities = 88;

    // struct v4l2_format with v4l2_pix_format at 8
    public const int FormatType = 0;
    public const int PixelWidth = 8;
    public const int PixelHeight = 12;
    public const int PixelCode = 16;
    public const int PixelField = 20;
    public const int BytesPerLine = 24;
    public const int SizeImage = 28;

    // struct v4l2_requestbuffers
    public const int RequestCount = 0;
    public const int RequestType = 4;
    public const int RequestMemory = 8;

    // struct v4l2_buffer
    public const int BufferIndex = 0;
    public const int BufferType = 4;
    public const int BufferUsed = 8;
    public const int BufferFlags = 12;
    public const int BufferSequence = 56;
    public const int BufferMemory = 60;
    public const int BufferOffset = 64;
    public const int BufferLength = 72;

    // struct v4l2_streamparm with v4l2_captureparm at 4
    public const int ParameterType = 0;
    public const int IntervalNumerator = 12;
    public const int IntervalDenominator = 16;

    /// <summary>Four letters as the number that stands for a pixel format.</summary>
    public static uint Code(string letters) => letters[0] | ((uint)letters[1] << 8) | ((uint)letters[2] << 16) | ((uint)letters[3] << 24);

    public static string Letters(uint code) => string.Concat(Enumerable.Range(0, 4).Select(i => (char)((code >> (8 * i)) & 0x7F)).Select(c => char.IsControl(c) ? '?' : c));

    public static uint Get(ReadOnlySpan<byte> structure, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(structure[offset..]);

    public static void Set(Span<byte> structure, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(structure[offset..], value);
}
