using System.Buffers.Binary;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Files;

/// <summary>What is needed of an AVI file's header: that its video is MJPEG, and how fast it is.</summary>
internal static class AviHeader
{
    private const int HeaderBytes = 4096;

    /// <summary>Frames per second of the first video stream: dwRate / dwScale of its <c>strh</c> chunk; null where the file is no AVI file.</summary>
    /// <exception cref="EdgeException">The video has another codec.</exception>
    public static double? ReadRate(Stream file)
    {
        Span<byte> header = new byte[HeaderBytes];
        header = header[..file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false)];
        if (header.Length < 12 || !header[..4].SequenceEqual("RIFF"u8) || !header[8..12].SequenceEqual("AVI "u8))
        {
            return null;
        }
        int stream = header.IndexOf("strh"u8);
        if (stream < 0 || header.Length < stream + 36 || !header.Slice(stream + 8, 4).SequenceEqual("vids"u8))
        {
            throw new EdgeException(EdgeError.RecordingMalformed, "the AVI file's first stream is no video", "convert it: ffmpeg -i FILE -c:v mjpeg -an out.avi");
        }
        ReadOnlySpan<byte> codec = header.Slice(stream + 12, 4);
        if (!codec.SequenceEqual("MJPG"u8))
        {
            throw new EdgeException(EdgeError.RecordingUnsupported, $"the AVI file's codec is '{Printable(codec)}', expected MJPG", "convert it: ffmpeg -i FILE -c:v mjpeg -an out.avi");
        }
        uint scale = BinaryPrimitives.ReadUInt32LittleEndian(header[(stream + 28)..]);
        uint rate = BinaryPrimitives.ReadUInt32LittleEndian(header[(stream + 32)..]);
        double perSecond = scale == 0 ? 0 : (double)rate / scale;
        return perSecond is > 0 and <= 1000 ? perSecond : null;
    }

    private static string Printable(ReadOnlySpan<byte> code) => string.Concat(code.ToArray().Select(b => b is >= 32 and < 127 ? (char)b : '?'));
}
