using System.Runtime.InteropServices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;
using SkiaSharp;

namespace Edge.Commands;

/// <summary>Reads JPEG, PNG, BMP and what else Skia knows, turned upright as the EXIF orientation says.</summary>
internal static class ImageDecoder
{
    private const long MaxPixels = 100_000_000;

    /// <exception cref="EdgeException">The file is no image, damaged, or larger than 100 million pixels.</exception>
    public static PixelImage Decode(string path)
    {
        using SKCodec codec = Open(path);
        SKImageInfo size = codec.Info;
        if ((long)size.Width * size.Height > MaxPixels)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the image has {size.Width} x {size.Height} pixels, at most {MaxPixels} are supported", "make it smaller", path);
        }
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var pixels = new byte[info.BytesSize];
        GCHandle pin = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        try
        {
            SKCodecResult result = codec.GetPixels(info, pin.AddrOfPinnedObject());
            if (result != SKCodecResult.Success)
            {
                throw new EdgeException(EdgeError.BadInputFile, $"the image is damaged: {result}", "use another file", path);
            }
        }
        finally
        {
            pin.Free();
        }
        return Upright(new PixelImage(info.Width, info.Height, 4, pixels), codec.EncodedOrigin);
    }

    /// <summary>Number of pixels, from the head of the file.</summary>
    /// <exception cref="EdgeException">The file is no image, or larger than 100 million pixels.</exception>
    public static long Measure(string path)
    {
        using SKCodec codec = OpenFile(path);
        return (long)codec.Info.Width * codec.Info.Height;
    }

    /// <summary>Decodes into a frame (RGB) and a buffer that are used again.</summary>
    /// <exception cref="EdgeException">The file is no image, damaged, or larger than 100 million pixels.</exception>
    public static unsafe void Decode(string path, ImageFrame target, ImageBuffer buffer)
    {
        using SKCodec codec = OpenFile(path);
        if (codec.EncodedOrigin is not SKEncodedOrigin.TopLeft)
        {
            PixelImage upright = Decode(path);
            DropAlpha(upright.Pixels, target.Prepare(FrameFormat.Rgb24, upright.Width, upright.Height));
            return;
        }
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        Span<byte> pixels = buffer.Prepare(info.BytesSize);
        fixed (byte* data = pixels)
        {
            SKCodecResult result = codec.GetPixels(info, (nint)data);
            if (result != SKCodecResult.Success)
            {
                throw new EdgeException(EdgeError.BadInputFile, $"the image is damaged: {result}", "use another file", path);
            }
        }
        DropAlpha(pixels, target.Prepare(FrameFormat.Rgb24, info.Width, info.Height));
    }

    private static SKCodec OpenFile(string path)
    {
        SKCodec codec = SKCodec.Create(path) ?? throw new EdgeException(EdgeError.BadInputFile, "the file cannot be read, or is no image that can be decoded", "give a JPEG, PNG or BMP file", path);
        if ((long)codec.Info.Width * codec.Info.Height > MaxPixels)
        {
            codec.Dispose();
            throw new EdgeException(EdgeError.BadInputFile, $"the image has more than {MaxPixels} pixels", "make it smaller", path);
        }
        return codec;
    }

    private static void DropAlpha(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        }
    }

    private static SKCodec Open(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the file cannot be read: {exception.Message}", "check the path and the permissions", path, exception);
        }
        using SKData data = SKData.CreateCopy(bytes);
        return SKCodec.Create(data) ?? throw new EdgeException(EdgeError.BadInputFile, "the file is neither a .npy file nor an image that can be decoded", "give a JPEG, PNG or BMP file", path);
    }

    /// <summary>EXIF orientations 1 to 8: the stored rows and columns mirrored and swapped.</summary>
    private static PixelImage Upright(PixelImage stored, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
        {
            return stored;
        }
        bool swap = origin >= SKEncodedOrigin.LeftTop;
        bool flipX = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool flipY = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        (int width, int height) = swap ? (stored.Height, stored.Width) : (stored.Width, stored.Height);
        var pixels = new byte[stored.Pixels.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int sourceX, int sourceY) = Source(x, y, stored, swap, flipX, flipY);
                stored.Pixels.AsSpan(((sourceY * stored.Width) + sourceX) * 4, 4).CopyTo(pixels.AsSpan(((y * width) + x) * 4));
            }
        }
        return new PixelImage(width, height, 4, pixels);
    }

    private static (int X, int Y) Source(int x, int y, PixelImage stored, bool swap, bool flipX, bool flipY)
    {
        (int sourceX, int sourceY) = swap ? (y, x) : (x, y);
        return (flipX ? stored.Width - 1 - sourceX : sourceX, flipY ? stored.Height - 1 - sourceY : sourceY);
    }
}

/// <summary>Memory that images are decoded into, one after the other.</summary>
internal sealed class ImageBuffer
{
    /// <summary>Of an image while it is decoded: four here, three in the frame.</summary>
    public const int BytesPerPixel = 7;

    private byte[] _bytes = [];

    public Span<byte> Prepare(int length)
    {
        if (_bytes.Length < length)
        {
            _bytes = new byte[length];
        }
        return _bytes.AsSpan(0, length);
    }
}
