using Edge.Runtime.Sensors;
using SkiaSharp;

namespace Edge.Cli;

/// <summary>JPEG by Skia, for streams: damaged files are an answer, not an error.</summary>
internal sealed class SkiaCodec : IImageCodec
{
    /// <summary>Larger frames are refused before anything is allocated for them.</summary>
    private const long MostPixels = 16 << 20;

    [ThreadStatic]
    private static byte[]? _pixels;

    private readonly object _encoding = new();
    private byte[] _encoded = [];

    public unsafe bool TryDecode(ReadOnlySpan<byte> jpeg, ImageFrame target)
    {
        if (jpeg.Length < 4)
        {
            return false;
        }
        fixed (byte* bytes = jpeg)
        {
            using SKData data = SKData.Create((nint)bytes, jpeg.Length);
            using SKCodec? codec = SKCodec.Create(data);
            if (codec is null || codec.EncodedFormat != SKEncodedImageFormat.Jpeg)
            {
                return false;
            }
            SKImageInfo size = codec.Info;
            long count = (long)size.Width * size.Height;
            if (count is < 1 or > MostPixels)
            {
                return false;
            }
            var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            if (_pixels is null || _pixels.Length < info.BytesSize)
            {
                _pixels = new byte[info.BytesSize];
            }
            fixed (byte* pixels = _pixels)
            {
                if (codec.GetPixels(info, (nint)pixels) != SKCodecResult.Success)
                {
                    return false;
                }
            }
            DropAlpha(_pixels, target.Prepare(FrameFormat.Rgb24, size.Width, size.Height));
            return true;
        }
    }

    /// <summary>One frame at a time, so that there is one buffer, whichever threads ask.</summary>
    public unsafe byte[] Encode(ImageFrame frame, int quality)
    {
        var info = new SKImageInfo(frame.Width, frame.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        lock (_encoding)
        {
            if (_encoded.Length < info.BytesSize)
            {
                _encoded = new byte[info.BytesSize];
            }
            ReadOnlySpan<byte> rgb = frame.Bytes;
            for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4)
            {
                (_encoded[to], _encoded[to + 1], _encoded[to + 2], _encoded[to + 3]) = (rgb[from], rgb[from + 1], rgb[from + 2], 255);
            }
            fixed (byte* pixels = _encoded)
            {
                using var pixmap = new SKPixmap(info, (nint)pixels);
                using SKData data = pixmap.Encode(SKEncodedImageFormat.Jpeg, quality)!;
                return data.ToArray();
            }
        }
    }

    private static void DropAlpha(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        }
    }
}
